import type {
  Answerer,
  Critic,
  Decision,
  Feedback,
  ImageSource,
  QuestionContext,
  StopReason,
  Trajectory,
} from '@fgam/data';
import { rectifierError } from '../error.js';
import type { Decider } from './decider.js';
import { hasAllImages } from './has-all-images.js';
import { isBlank } from './is-blank.js';
import { shown } from './result-fault.js';

/** One question to answer and rectify. */
export interface RectifyRequest {
  /** Not blank, and distinct among the requests of one call. */
  readonly id: string;
  readonly image: ImageSource;
  /** The image's name in the trajectory. Default: its path, or `sha256:...` of its bytes. */
  readonly imageName?: string;
  /** Not blank. */
  readonly question: string;
  /**
   * The conversation that the question ends: told to the critic and kept in the trajectory. Answerers are
   * asked without it; one that needs it has to have it already.
   */
  readonly context?: QuestionContext;
  /** A first response that is there already: round 0 is not asked. */
  readonly response?: string;
  /** Its tokens, for the budget. Default: its words. */
  readonly responseTokens?: number;
}

/**
 * What a request may cost. The first response is always given, whatever it takes or costs; budgets bound what comes
 * after it.
 */
export interface RectifyBudget {
  /**
   * Milliseconds since the request's batch began, that of first responses among them. When they are over, the call of
   * critic, decider or answerer that is under way is aborted by its signal, and not waited for if it does not heed
   * that; what it gives later is passed over. A call that computes without ever yielding holds the loop all the same.
   */
  readonly milliseconds?: number;
  /**
   * Tokens of all responses together, checked between calls; a response whose `tokens` are unknown counts its words.
   */
  readonly tokens?: number;
}

/** What happens in the loop, in order; the events of a request always end with its `stop`. */
export type RectifyEvent =
  | { readonly type: 'response'; readonly id: string; readonly round: number; readonly response: string }
  | { readonly type: 'decision'; readonly id: string; readonly round: number; readonly decision: Decision }
  | { readonly type: 'feedback'; readonly id: string; readonly round: number; readonly feedback: Feedback }
  | {
      readonly type: 'stop';
      readonly id: string;
      readonly round: number;
      readonly stop: StopReason;
      readonly final: string;
      readonly trajectory: Trajectory;
    };

/**
 * K by the critic's confidence: a refused response is revised while fewer than `least` revisions were made,
 * and further while the critic is sure of its refusal.
 */
export interface AdaptiveRounds {
  /** Revisions that each refused response gets. Default 0. */
  readonly least?: number;
  /** The most revisions. */
  readonly most: number;
  /**
   * How sure of its refusal the critic must be for more than `least`, 0..1; a critic without a
   * confidence is never sure.
   */
  readonly confidence: number;
}

/** What {@link rectify} takes. */
export interface RectifyOptions {
  readonly answerer: Answerer;
  readonly critic: Critic;
  readonly requests: readonly RectifyRequest[];
  /** K, the most revisions of a response, or as many as the critic's confidence asks for. Default 2. */
  readonly rounds?: number | AdaptiveRounds;
  /**
   * Whether the K-th revision gets feedback too: it can then be accepted, or refused as worse than
   * the first. Default true.
   */
  readonly checkLast?: boolean;
  readonly budget?: RectifyBudget;
  /**
   * Asked of each revision whether it is better than the response before it: where it is worse, that one
   * stays and the request stops. Default: none.
   */
  readonly decider?: Decider;
  /** Requests that go to a port in one call. Default 64. */
  readonly batchSize?: number;
  /** Of each response. Default: the answerer's. */
  readonly maxTokens?: number;
  /** Default 0, greedy. */
  readonly temperature?: number;
  /** Of sampling; each request and round has its own stream, whatever the batch. Default 0. */
  readonly seed?: number;
  readonly onEvent?: (event: RectifyEvent) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds, for the time budget. Default `performance.now`. */
  readonly clock?: () => number;
}

/** Checks what the types can't. @throws FgamError `rectifier/bad-config` naming every fault */
export function checkRectifyOptions(options: RectifyOptions): void {
  const { requests, batchSize = 64, maxTokens = 1, temperature = 0, budget = {} } = options;
  const faults: string[] = [];
  faults.push(...roundsFaults(options));
  if (!(Number.isInteger(batchSize) && batchSize >= 1))
    faults.push(`batchSize: expected an integer from 1, got ${batchSize}`);
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1))
    faults.push(`maxTokens: expected an integer from 1, got ${maxTokens}`);
  if (!(temperature >= 0)) faults.push(`temperature: expected a number from 0, got ${temperature}`);
  for (const [name, value] of Object.entries(budget))
    if (!(value > 0)) faults.push(`budget.${name}: expected a positive number, got ${String(value)}`);
  const seen = new Set<string>();
  for (const [index, { id, question, context, response, responseTokens }] of requests.entries()) {
    if (responseTokens !== undefined && (response === undefined || !isCount(responseTokens)))
      faults.push(
        `requests.${index}.responseTokens: expected an integer from 0 beside a response, got ${shown(responseTokens)}`,
      );
    for (const [name, value] of Object.entries({ id, question }))
      if (typeof value !== 'string' || isBlank(value))
        faults.push(`requests.${index}.${name}: expected a text that is not blank, got ${shown(value)}`);
    if (seen.has(id)) faults.push(`requests: expected distinct ids, got ${JSON.stringify(id)} twice`);
    seen.add(id);
    if (context !== undefined) faults.push(...contextFaults(id, context));
  }
  if (faults.length > 0) throw rectifierError('rectifier/bad-config', `rectify: ${faults.join('; ')}`);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function roundsFaults(options: Pick<RectifyOptions, 'rounds'>): string[] {
  const { rounds = 2 } = options;
  // As JavaScript may give them.
  if (typeof rounds !== 'number' && (typeof rounds !== 'object' || rounds === null))
    return [`rounds: expected an integer from 0, or { most, confidence }, got ${shown(rounds)}`];
  const { least, most, confidence } = roundsOf(options);
  const faults: string[] = [];
  const place = typeof rounds === 'number' ? 'rounds' : 'rounds.most';
  if (!isCount(most)) faults.push(`${place}: expected an integer from 0, got ${shown(most)}`);
  if (isCount(most) && !(isCount(least) && least <= most))
    faults.push(`rounds.least: expected an integer from 0 to the most of ${most}, got ${shown(least)}`);
  if (!(typeof confidence === 'number' && confidence >= 0 && confidence <= 1))
    faults.push(`rounds.confidence: expected 0 to 1, got ${shown(confidence)}`);
  return faults;
}

function contextFaults(id: string, context: QuestionContext): string[] {
  const where = `in the context of ${JSON.stringify(id)}`;
  const wrong = context.turns.find(({ images = 0 }) => !(Number.isInteger(images) && images >= 0));
  if (wrong !== undefined)
    return [`requests: expected an integer from 0 as each turn's images ${where}, got ${wrong.images}`];
  if (hasAllImages(context)) return [];
  return [
    `requests: expected ${where} all images that its turns brought, got ${context.images.length} beside the last; ` +
      'put those that lack into its images in their order, or take them off the images of their turn',
  ];
}

/** Fixed rounds as adaptive ones whose least are their most. */
export function roundsOf({ rounds = 2 }: Pick<RectifyOptions, 'rounds'>): Required<AdaptiveRounds> {
  return typeof rounds === 'number'
    ? { least: rounds, most: rounds, confidence: 1 }
    : { least: 0, ...rounds };
}

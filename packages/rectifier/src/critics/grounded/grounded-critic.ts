import type { Critic, CritiqueRequest, Feedback, Issue } from '@fgam/data';
import type { Claim, ClaimAbout } from '../../claims/claim.js';
import { parseClaims } from '../../claims/parse-claims.js';
import { parseQuestion } from '../../claims/parse-question.js';
import { SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { rectifierError } from '../../error.js';
import { reviseFeedback } from '../../feedback/format-feedback.js';
import { isBlank } from '../../loop/is-blank.js';
import { RIGHT_IOU } from '../../truth/right-box.js';
import { checkCaption } from './check-caption.js';
import { checkClaim } from './check-claim.js';
import { checkMissing } from './check-scene.js';
import type { CheckContext, ClaimCheck, GroundedThresholds } from './claim-check.js';
import type { ImageReading } from './image-reading.js';
import { createImageReader, type ReadingOptions } from './read-images.js';

/** What is wrong with a response that says nothing. */
const NO_ANSWER: Issue = { kind: 'reasoning', claim: '', correction: 'an answer to the question is missing' };

/** How far candidate boxes may be off, and a detector's, which are finer; `missing` lies between `existence` and 1. */
const OF_CANDIDATES = { boxIou: 0.4, place: 0.06, missingPart: 1 / 2 };
const OF_DETECTOR = { boxIou: RIGHT_IOU, place: 0.02, missingPart: 1 / 4 };

/** Options of {@link createGroundedCritic}. */
export interface GroundedCriticOptions extends ReadingOptions {
  /** Default: `grounded` and the scorer's name. */
  readonly name?: string;
  /** Those not given have their defaults. */
  readonly thresholds?: Partial<GroundedThresholds>;
  /**
   * Issues that are named at most, the surest: a revision mends few at a time, and long feedback costs
   * time. From 1. Default: all.
   */
  readonly mostIssues?: number;
}

/**
 * A critic that checks claims by stage 1's region-text similarity: it splits a response into claims, grounds
 * the objects they name in candidate boxes, and compares. Relations, counts and distances are read from the
 * boxes' geometry. It sees the image alone, no annotation.
 *
 * Clauses of a caption are matched to the objects seen, one to one: what is there in the place of a clause is its
 * correction, and what no clause is about is left out.
 *
 * Each issue has the boxes that were looked at and their score as evidence. A response is refused if a claim
 * fails; the confidence is that of the surest failure, or, of an acceptance, of the least sure claim (0.5: a
 * claim that could not be judged, or no readable claim at all). A blank response is refused: that an answer is
 * missing is sure, whatever the image shows.
 *
 * Source: the paper's "visual grounding check of the MLLM's assertions" by stage 1's alignment
 * (section 3.3.2); the rules are ours.
 *
 * @throws FgamError `rectifier/bad-config` for `mostIssues` below 1; as `createImageReader` does, and at the
 * call `data/bad-image` for an image that can't be read
 * @example
 * ```ts
 * import { createRandom, type RegionTextScorer, renderScene, sampleScene } from '@fgam/data';
 * import { createGroundedCritic } from '@fgam/rectifier';
 *
 * // Stands for stage 1: the cosine of every box is 1 with texts of cats and 0 with others.
 * const scorer: RegionTextScorer = {
 *   name: 'sees cats',
 *   score: async (requests) =>
 *     requests.map(({ boxes, texts }) =>
 *       boxes.map(() => texts.map((text) => (text.includes('cat') ? 1 : 0))),
 *     ),
 * };
 * const critic = createGroundedCritic({
 *   scorer,
 *   ontology: { nouns: ['cat', 'dog'], attributes: {}, unsaid: {} },
 *   boxes: [{ x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 }],
 *   logitScale: Math.log(3), // evidence of the cat 3 / (3 + 1), of the dog 0
 * });
 * const image = await renderScene(sampleScene(createRandom('an image')));
 * const ask = (name: string) => ({ image, question: `is there a ${name} ?`, response: 'yes' });
 * const [cat, dog] = await critic.critique([ask('cat'), ask('dog')]);
 * // 0.75 is two thirds of the way from the threshold, 0.25, to 1.
 * if (cat?.verdict !== 'accept' || cat.confidence?.toFixed(4) !== '0.8333') throw new Error('0.5 + 0.5 (2 / 3)');
 * if (dog?.verdict !== 'revise' || dog.text !== 'object : there is no dog') throw new Error('not seen');
 * if (dog.issues[0]?.evidence?.boxes[0]?.x0 !== 0.25) throw new Error('where it was looked for');
 * ```
 */
export function createGroundedCritic(options: GroundedCriticOptions): Critic {
  const { scorer, ontology = SCENE_ONTOLOGY, name = `grounded (${scorer.name})` } = options;
  const { mostIssues = Number.POSITIVE_INFINITY } = options;
  if (!(mostIssues >= 1))
    throw rectifierError(
      'rectifier/bad-config',
      `createGroundedCritic: expected mostIssues from 1, got ${mostIssues}; leave it out to name all issues`,
    );
  const existence = options.thresholds?.existence ?? 0.25;
  const { missingPart, ...defaults } = options.detector === undefined ? OF_CANDIDATES : OF_DETECTOR;
  const thresholds: GroundedThresholds = {
    band: 0,
    attribute: 0.6,
    ...defaults,
    missing: existence + missingPart * (1 - existence),
    ...options.thresholds,
    existence,
  };
  const read = createImageReader(options);
  return {
    name,
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      // Requests about one image share its reading.
      const images = [...new Set(requests.map(({ image }) => image))];
      const readings = await read(images, call);
      const readingOf = new Map(images.map((image, index) => [image, readings[index]]));
      return requests.map((request) => {
        const reading = readingOf.get(request.image) as ImageReading;
        const context = { reading, ontology, thresholds, response: request.response.trim() };
        return judge(request, context, mostIssues);
      });
    },
  };
}

function judge({ question, response }: CritiqueRequest, context: CheckContext, mostIssues: number): Feedback {
  const { claims } = parseClaims(question, response, { ontology: context.ontology });
  const form = parseQuestion(question);
  // A short answer is one claim; a text of several has issues about its clauses.
  const hasClauses = form?.form === 'caption' || form?.form === 'contents';
  const caption = form?.form === 'caption' ? checkCaption(claims.filter(isClause), context) : undefined;
  const checks = claims.map(
    (claim): ClaimCheck =>
      caption?.checkOf.get(claim) ??
      checkClaim(claim, hasClauses ? { ...context, response: claim.text } : context),
  );
  if (caption !== undefined) checks.push(...caption.missing);
  if (form?.form === 'contents') checks.push(...checkMissing(claims, context, form.location));
  const failed = checks.filter(({ state }) => state === 'fails');
  if (failed.length > 0) {
    const surest = [...failed].sort((a, b) => b.confidence - a.confidence);
    const named = new Set(surest.slice(0, mostIssues));
    const issues = failed.filter((check) => named.has(check)).flatMap((check) => check.issues);
    return { ...reviseFeedback(issues, { response }), confidence: surest[0]?.confidence ?? 0.5 };
  }
  if (isBlank(response)) return { ...reviseFeedback([NO_ANSWER], { response }), confidence: 1 };
  const confidence = checks.length > 0 ? Math.min(...checks.map((check) => check.confidence)) : 0.5;
  return { verdict: 'accept', confidence };
}

function isClause(claim: Claim): claim is ClaimAbout<'object'> {
  return claim.about === 'object';
}

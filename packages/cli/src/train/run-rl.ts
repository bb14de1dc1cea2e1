import { join } from 'node:path';
import type { Backend } from '@fgam/compile';
import { type Critic, FgamError, type Generator } from '@fgam/data';
import {
  createGenerator,
  createPretrainedGenerator,
  type FgamModel,
  saveModel,
  withAdapter,
} from '@fgam/models';
import { foldSpace, parseClaims, parseQuestion } from '@fgam/rectifier';
import {
  type AdaptedModel,
  collectRollouts,
  type Credit,
  type CollectRolloutsOptions,
  createRlStep,
  LEAST_WATCHED,
  type MetricsLine,
  readMetrics,
  type ResponseReading,
  type Rollout,
  type RolloutRequest,
  type RollOutInput,
  type RlStepOptions,
  type Step,
  withoutValueHead,
} from '@fgam/trainer';
import { imageOf } from '../answer-questions.js';
import { say } from '../output.js';
import { DECODE_BATCH } from '../ports/open-answerer.js';
import { type RunStart, runTraining } from '../run-training.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import { weightsSha256 } from '../weights-sha256.js';
import { type AdaptedPolicy, openAdapted } from './adapted-model.js';
import { openNamedModel } from './open-model.js';
import { checkReward, identityOfReward, openReward } from './open-reward.js';
import type { RlConfig } from './rl-config.js';

/** Raised where what responses are worth changes, by the critic or by R: no older run is gone on with or taken. */
export const REWARD_VERSION = 2;

/** How a run is started. */
export interface RunRlOptions extends RunStart {
  readonly signal: AbortSignal;
}

/** A figure of the first and of the last iteration. */
export interface FirstAndLast {
  readonly first: number;
  readonly last: number;
}

/** What a run came to. */
export interface RlSummary {
  readonly stage: 'rl';
  readonly out: string;
  readonly steps: number;
  readonly model: string;
  /** Adapter folder, of a model of the Hugging Face hub: what `--adapter` takes beside that model. */
  readonly adapter?: string;
  readonly checkpoint: string;
  /** Of the checkpoint's `model.safetensors`. */
  readonly sha256: string;
  /** Mean reward of the first and of the last iteration's trajectories. */
  readonly reward: FirstAndLast;
  /** With an auditor: share of their final responses that it judges otherwise than the reward. */
  readonly disagreement?: FirstAndLast;
  /**
   * Mean log pi - log pi_ref over the last iteration's tokens; of PPO alone it is a penalty, of
   * GRPO a term of the loss.
   */
  readonly klToReference: number;
}

/**
 * Trains a policy by reinforcement on its own answers and revisions, and writes a model folder.
 *
 * @throws FgamError as reading, training and saving do; `trainer/reward-hacking` with the evidence in
 * `alarms.json` of the output folder
 */
export async function runRl(config: RlConfig, options: RunRlOptions): Promise<RlSummary> {
  const { model: name, out, critic, auditor: second, alarms: limits, ...run } = config;
  const { samples, rounds, maxTokens, credit, steps, schedule, optimizer, saveEvery, ...settings } = run;
  const { seed, algorithm } = settings;
  const { backend, signal } = options;
  const adapted = await openAdapted(config);
  const compact = adapted === undefined ? await openNamedModel(name) : undefined;
  const { data, requests } = await readRequests(config);
  say(`${requests.length} questions; reward: ${critic}`);
  const watched = settings.questions * (samples ?? 1);
  if (watched < LEAST_WATCHED)
    say(
      `warning: no alarm of reward hacking can sound: an iteration has ${watched} trajectories, and fewer than ${LEAST_WATCHED} say too little; ask more questions`,
    );
  const reward = await openReward('critic', critic, data, compact);
  const auditor = second === undefined ? undefined : await openReward('auditor', second, data, compact);
  try {
    const sampling: Sampling = { samples, rounds, maxTokens, credit, seed, signal, backend };
    const step = createStep(adapted, compact?.model, reward.critic, sampling, {
      name: 'rl',
      requests,
      ...settings,
      sampling: {
        ...{ critic: await identityOfReward(critic), reward: REWARD_VERSION, samples, rounds, maxTokens },
        ...(credit === 'claim' ? { credit } : {}),
      },
      ...(backend === undefined ? {} : { backend }),
      alarms: {
        read: readResponse,
        evidence: join(out, 'alarms.json'),
        ...(limits === undefined ? {} : { limits }),
        ...(auditor === undefined
          ? {}
          : { disagreement: (rollouts) => shareApart(rollouts, auditor.critic, signal) }),
      },
    });
    const trained = await runTraining({
      label: `train rl (${algorithm ?? 'ppo'})`,
      step,
      out,
      steps,
      schedule,
      optimizer,
      logEvery: 1,
      ...(saveEvery === undefined ? {} : { saveEvery }),
      ...options,
    });
    const folders = (await adapted?.save(out, trained.weights)) ?? { model: join(out, 'model') };
    if (compact !== undefined)
      await saveModel(folders.model, { ...compact.model, weights: withoutValueHead(trained.weights) });
    const metrics = await readMetrics(join(out, 'metrics.jsonl'));
    const disagreement = firstAndLast(metrics, 'disagreement');
    return {
      stage: 'rl',
      out,
      steps,
      ...folders,
      checkpoint: trained.checkpoint,
      sha256: await weightsSha256(trained.checkpoint),
      reward: firstAndLast(metrics, 'reward') ?? { first: Number.NaN, last: Number.NaN },
      ...(disagreement === undefined ? {} : { disagreement }),
      klToReference: firstAndLast(metrics, 'klOfRollouts')?.last ?? Number.NaN,
    };
  } finally {
    await auditor?.dispose();
    await reward.dispose();
  }
}

/** A figure of iterations, which their first updates tell; undefined where none does. */
export function firstAndLast(metrics: readonly MetricsLine[], name: string): FirstAndLast | undefined {
  const values = metrics.flatMap(({ parts }) => parts[name] ?? []);
  const [first] = values;
  const last = values.at(-1);
  return first === undefined || last === undefined ? undefined : { first, last };
}

/** Reads what a run reads beside its model: what is missing there ends a hybrid run before its SFT, not after it. */
export async function checkRlInputs(config: RlConfig): Promise<void> {
  await readRequests(config);
  // Its adapter may not be there yet; whether the checkpoint can have one is told by any.
  if (config.adapter !== undefined) await openAdapted({ ...config, adapter: { rank: 1 } });
  await checkReward('critic', config);
  await checkReward('auditor', config);
}

/**
 * The scenes of a run, and the questions of its kinds.
 *
 * @throws FgamError `fgam/bad-config` where there are fewer than an iteration asks; as `readSceneData`
 */
async function readRequests({
  data: folder,
  kinds,
  questions,
}: RlConfig): Promise<{ readonly data: SceneData; readonly requests: readonly RolloutRequest[] }> {
  const data = await readSceneData(folder);
  const requests = data.questions
    .filter(({ kind }) => kinds?.includes(kind) ?? true)
    .map((question) => ({ id: question.id, image: imageOf(data, question), question: question.question }));
  if (questions <= requests.length) return { data, requests };
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `questions: expected at most the ${requests.length}${kinds === undefined ? '' : ` of ${kinds.join(', ')}`} in ${folder}, got ${questions}; ask fewer an iteration${kinds === undefined ? '' : ', or more kinds'}`,
  );
}

interface Sampling {
  readonly samples: number | undefined;
  readonly rounds: number | undefined;
  readonly maxTokens: number | undefined;
  readonly credit: Credit | undefined;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly backend: Backend | undefined;
}

type CommonOptions = Omit<RlStepOptions, 'model' | 'rollOut'>;

function createStep(
  adapted: AdaptedPolicy | undefined,
  model: FgamModel | undefined,
  critic: Critic,
  sampling: Sampling,
  options: CommonOptions,
): Step {
  const { backend } = sampling;
  const common = { name: 'policy', maxBatch: DECODE_BATCH, ...(backend === undefined ? {} : { backend }) };
  if (adapted === undefined)
    return createRlStep({
      ...options,
      model: model as FgamModel,
      rollOut: ({ policy, ...input }) =>
        rollOut(createGenerator(policy, common), policy.tokenizer, input, critic, sampling),
    });
  const { policy: subject, format } = adapted;
  return createRlStep<AdaptedModel>({
    ...options,
    model: subject,
    rollOut: ({ policy, ...input }) =>
      rollOut(
        createPretrainedGenerator(withAdapter(policy.model, policy.adapter), common),
        {
          ...{ format, encode: subject.encode },
          decode: (tokens) => policy.model.tokenizer.decode(tokens),
        },
        input,
        critic,
        sampling,
      ),
  });
}

/** Samples by a generator of the policy of now, which is freed then. */
async function rollOut(
  generator: Generator & { dispose(): Promise<void> },
  tokenizer: CollectRolloutsOptions['tokenizer'],
  { requests, iteration }: Omit<RollOutInput, 'policy'>,
  critic: Critic,
  { samples, rounds, maxTokens, credit, seed, signal }: Sampling,
): Promise<readonly Rollout[]> {
  try {
    return await collectRollouts({
      generator,
      tokenizer,
      critic,
      requests,
      // Samples of one iteration differ from those of another that asks the same.
      seed: seed + 1_000_003 * iteration,
      signal,
      ...(samples === undefined ? {} : { samples }),
      ...(rounds === undefined ? {} : { rounds }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(credit === undefined ? {} : { credit }),
    });
  } finally {
    await generator.dispose();
  }
}

/** What a response says, for the alarms. */
function readResponse(question: string, response: string): ResponseReading {
  const { claims } = parseClaims(question, response);
  const [claim] = claims;
  const form = parseQuestion(question)?.form;
  const isYesNo = form === 'existence' || form === 'spatial';
  return {
    claims: claims.length > 0,
    ...(isYesNo && claim !== undefined && 'holds' in claim ? { yesNo: claim.holds ? 'yes' : 'no' } : {}),
  };
}

/** Share of final responses that the auditor accepts and the reward did not, or the other way round. */
async function shareApart(
  rollouts: readonly Rollout[],
  auditor: Critic,
  signal: AbortSignal,
): Promise<number> {
  const feedbacks = await auditor.critique(
    rollouts.map(({ image, trajectory: { question, final } }) => ({ image, question, response: final })),
    { signal },
  );
  const apart = feedbacks.filter(({ verdict }, row) => {
    const { attempts, final } = (rollouts[row] as Rollout).trajectory;
    // A response that repeats an earlier one was judged where it came first.
    const judged = attempts.find(
      ({ response, feedback }) => foldSpace(response) === foldSpace(final) && feedback !== undefined,
    );
    return judged?.feedback !== undefined && judged.feedback.verdict !== verdict;
  });
  return apart.length / Math.max(1, feedbacks.length);
}

import type { CallOptions, CritiqueRequest } from '@fgam/data';
import { type Calibration, calibrateThreshold } from '../../calibrate-threshold.js';
import { askMembers, checkMembers, type EnsembleMember, ensembleScore } from './ensemble-critic.js';
import { type Reliability, reliability } from './reliability.js';

/** A response of a validation split. */
export interface EnsembleExample {
  readonly request: CritiqueRequest;
  /** Whether the response is right. */
  readonly isRight: boolean;
}

/** Where an ensemble's threshold lies, and how far its score can be trusted. */
export interface EnsembleCalibration extends Calibration {
  readonly reliability: Reliability;
  /** S of each example, in their order. */
  readonly scores: readonly number[];
}

/**
 * The acceptance threshold of an ensemble: that which tells right responses from wrong ones best
 * (`calibrateThreshold` on S of `createEnsembleCritic`), with the reliability of S. One member
 * alone is an ensemble too.
 *
 * @param examples - of a validation split, right and wrong ones; thresholds set on a test split would leak its truth
 * @throws FgamError `rectifier/bad-config` for members that are none, or examples of one kind alone; as the members do
 * @example
 * ```ts
 * import type { Critic } from '@fgam/data';
 * import { calibrateEnsemble } from '@fgam/rectifier';
 *
 * const accepts = (name: string, confidence: (response: string) => number): Critic => ({
 *   name,
 *   critique: async (requests) =>
 *     requests.map(({ response }) => ({ verdict: 'accept', confidence: confidence(response) })),
 * });
 * const members = [
 *   { critic: accepts('knows', Number), weight: 3 },
 *   { critic: accepts('undecided', () => 0.5), weight: 1 },
 * ];
 * const examples = ['0.1', '0.3', '0.7', '0.9'].map((response) => ({
 *   request: { image: '1.png', question: 'how sure ?', response },
 *   isRight: Number(response) > 0.5,
 * }));
 * // S = (3 knows + 0.5) / 4; the threshold lies halfway from 0.35 to 0.65.
 * const { scores, threshold, youden } = await calibrateEnsemble(members, examples);
 * if (scores.map((score) => score.toFixed(2)).join() !== '0.20,0.35,0.65,0.80') throw new Error(scores.join());
 * if (Math.abs(threshold - 0.5) > 1e-9 || youden !== 1) throw new Error(String(threshold));
 * ```
 */
export async function calibrateEnsemble(
  members: readonly EnsembleMember[],
  examples: readonly EnsembleExample[],
  options: CallOptions & { /** Of the reliability. Default 10. */ readonly bins?: number } = {},
): Promise<EnsembleCalibration> {
  checkMembers('calibrateEnsemble', members);
  const { bins = 10, ...call } = options;
  const said = await askMembers(
    members,
    examples.map(({ request }) => request),
    call,
  );
  const scores = examples.map((_, i) =>
    ensembleScore(
      members,
      said.map((feedbacks) => feedbacks[i] ?? { verdict: 'accept' }),
    ),
  );
  const labels = examples.map(({ isRight }) => isRight);
  return { ...calibrateThreshold(scores, labels), reliability: reliability(scores, labels, bins), scores };
}

import { dirname, resolve } from 'node:path';
import { FgamError, type Trajectory } from '@fgam/data';
import {
  criticSegments,
  escapeSlot,
  formatPrompt,
  isAcceptance,
  isBlank,
  type PromptOptions,
  revisionSegments,
} from '@fgam/rectifier';
import type { FgamModel } from '@fgam/models';
import type { TrainingExample, TrainingSource } from '@fgam/trainer';
import { say } from '../output.js';
import { readAlone } from './read-alone.js';
import { LONGEST_ROW, rowLength, segmentTokens } from './row-length.js';
import { revisionTurns, ROUND } from './scene-corrections.js';
import type { TrainConfig } from './train-config.js';
import { warnUnknown } from './warn-unknown.js';

/** Of a trajectory file's updates, the share of revisions where the config says none: as many as of plain answers. */
const REVISIONS = 0.5;

type Segments = ReturnType<typeof criticSegments>;
type TrajectorySource = Omit<TrainingSource, 'examples'> & {
  readonly examples: readonly (TrainingExample & { readonly segments: Segments })[];
};

/**
 * Revisions of a trajectory file towards its accepted answers beside these, or the feedback of it for the
 * rectification module.
 *
 * @throws FgamError `fgam/bad-config` for what trajectories have no use for; `data/empty` where the file gives
 * nothing; as `readAlone` does
 */
export async function trajectorySources(
  config: TrainConfig,
  prompts: PromptOptions = {},
): Promise<TrajectorySource[]> {
  const { stage, data, images, drafts, wrongShare, corrections, hacl, evidence, statements } = config;
  const { wrongShare: ofCorrections, copying } = corrections ?? {};
  const made = {
    drafts,
    wrongShare,
    hacl,
    evidence,
    statements,
    'corrections.wrongShare': ofCorrections,
    'corrections.copying': copying,
  };
  const misplaced = Object.entries(made).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (misplaced.length > 0)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `${data}: ${misplaced.join(', ')}: expected a scenes folder as data with it; trajectories have their drafts, and no captions`,
    );
  const all = await readAlone(data);
  // Silence is not taught.
  const trajectories = all.filter(({ final }) => !isBlank(final));
  if (trajectories.length < all.length)
    say(
      `${data}: ${all.length - trajectories.length} of ${all.length} trajectories left out: no answer in the end`,
    );
  const examplesOf = (segmentsOf: (trajectory: Trajectory) => Segments) =>
    trajectories.flatMap((trajectory) => {
      const segments = segmentsOf(trajectory).filter(({ answer }) => !isBlank(answer));
      const image = resolve(images ?? dirname(data), trajectory.image);
      return segments.length === 0 ? [] : [{ image, segments }];
    });
  const revisions = revisionTurns({ share: corrections?.share ?? REVISIONS });
  const critic = { name: 'critic', examples: examplesOf((each) => criticSegments(each, prompts)) };
  const answers = examplesOf(({ question, final, stop }) =>
    stop === 'accepted'
      ? [{ prompt: formatPrompt(question, undefined, prompts), answer: escapeSlot(final) }]
      : [],
  );
  const ended = trajectories.filter(({ stop }) => stop === 'accepted').length;
  if (stage === 'sft' && ended < trajectories.length)
    say(
      `${data}: ${trajectories.length - ended} of ${trajectories.length} trajectories did not end accepted: neither their answers nor their revisions are taught`,
    );
  const revised = examplesOf((each) => acceptedRevisions(each, prompts));
  const sources =
    stage === 'rm'
      ? [critic]
      : [
          { name: 'answers', examples: answers, turns: ROUND - revisions },
          { name: 'reviser', examples: revised, turns: revisions },
        ].filter(({ examples, turns }) => examples.length > 0 && turns > 0);
  if (sources.every(({ examples }) => examples.length === 0))
    throw new FgamError(
      'data/empty',
      `${data}: expected trajectories with feedback or an accepted answer, got none`,
    );
  return sources;
}

/** From each response that was refused to the one that was accepted in the end; none where none was. */
function acceptedRevisions(trajectory: Trajectory, prompts: PromptOptions): Segments {
  const { attempts, final, stop } = trajectory;
  if (stop !== 'accepted') return [];
  const refused = attempts.filter(({ feedback }) => feedback !== undefined && !isAcceptance(feedback));
  return revisionSegments({ ...trajectory, attempts: refused }, { ...prompts, answer: final });
}

/**
 * {@link trajectorySources} for one of FGAM's own models: a row has one prompt and its answer. What is longer
 * than a row is left out and said, and so are words that the model does not know.
 *
 * @throws FgamError as {@link trajectorySources}; `data/empty` where no answer fits
 */
export async function compactTrajectorySources(
  config: TrainConfig,
  { tokenizer }: FgamModel,
): Promise<TrainingSource[]> {
  const sources = await trajectorySources(config);
  const texts = new Set(
    sources.flatMap(({ examples }) =>
      examples.flatMap(({ segments }) => segments.flatMap(({ prompt, answer }) => [prompt, answer])),
    ),
  );
  warnUnknown('trajectories', tokenizer, [...texts]);
  const encode = (text: string): readonly number[] => tokenizer.encode(text);
  let left = 0;
  const fitted = sources.flatMap((source): TrainingSource[] => {
    const rows = source.examples.flatMap(({ image, segments }) =>
      segments.map((segment) => ({
        tokens: segmentTokens(segment, encode),
        example: { image, segments: [segment] },
      })),
    );
    const kept = rows.filter(({ tokens }) => tokens <= LONGEST_ROW);
    left += rows.length - kept.length;
    if (kept.length === 0) return [];
    const examples = kept.map(({ example }) => example);
    return [{ ...source, examples, length: rowLength(kept.map(({ tokens }) => tokens)) }];
  });
  if (fitted.length === 0)
    throw new FgamError(
      'data/empty',
      `${config.data}: expected answers that fit rows of ${LONGEST_ROW} tokens with their prompts, got none`,
    );
  if (left > 0) say(`warning: ${left} answers do not fit rows of ${LONGEST_ROW} tokens and are left out`);
  return fitted;
}

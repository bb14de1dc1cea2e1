import { LLAVA_BOX_HINT, type Trajectory } from '@fgam/data';
import { rectifierError } from '../error.js';
import { criticSegments, revisionSegments } from '../examples/segments.js';
import { foldSpace } from '../feedback/format-feedback.js';
import { isBlank } from '../loop/is-blank.js';
import { escapeSlot } from '../prompts/escape-slot.js';
import { engineFiles, type ExportFileOptions } from './export-format.js';
import type { ExportedConversation, ExportedExamples, PreferenceExample } from './exported-examples.js';

/** Options of {@link exportTrajectories}. */
export interface ExportOptions extends ExportFileOptions {
  /** Whether files of feedback, which the rectification module is trained on, are written too. Default false. */
  readonly critic?: boolean;
}

/**
 * Correction trajectories as files that other engines train on: name -> content.
 *
 * Supervised training is taught the final response alone: as the answer to the bare question, and to the
 * paper's augmented prompt (`User: Q Assistant: A_k Feedback: F_k Assistant (Revised):`) of every attempt
 * that was refused. Drafts that were refused are never an answer. A trajectory whose final response is
 * another than its first one, by more than white space, is an example of preference too (DPO): the final one
 * chosen, the first rejected. Markers of images and turns within questions and responses are escaped, so that one
 * image has one placeholder. Our location words, which those engines' tokenizers do not have, are written as
 * LLaVA's boxes (`[0.21, 0.40, 0.55, 0.93]`), and a question whose final response is a box ends with LLaVA's hint,
 * as `formatLlavaQuestions` has it.
 *
 * With `critic` the rectification module's examples are written as well:
 * `User: Q Assistant: A_k Feedback:` -> F_k, where the verdict agrees with the end (only the
 * final response is accepted).
 *
 * - `llava`: `NAME.json` as LLaVA's finetuning reads it (`conversations`, `<image>` in the first
 *   human turn), `NAME_rm.json`;
 * - `llama-factory`: `NAME_sft.json`, `NAME_rm.json`, `NAME_preference.json` in ShareGPT form, and the
 *   `dataset_info.json` that names them;
 * - `trl`: `NAME_sft.jsonl`, `NAME_rm.jsonl` (prompt and completion) and `NAME_preference.jsonl`,
 *   conversational, with an `images` column.
 *
 * Without preferences there is no file of them.
 *
 * Only trajectories whose end is to be imitated should be given: what is final is taught, right or not. Those
 * with a `context` are left out: the engines' records have one image, and the last question of a conversation
 * means nothing without it. Left out as well, without a count, is what would teach to say nothing: trajectories whose
 * final response is blank, and feedback that refuses without a word.
 *
 * @throws FgamError `rectifier/bad-trajectory` where there is none, none without a context or all those are blank in
 * the end, two have one id, or one has no image; `rectifier/bad-config` for a name that is no plain file name
 * @example
 * ```ts
 * import { exportTrajectories } from '@fgam/rectifier';
 *
 * const trajectory = {
 *   id: '1',
 *   image: 'a.png',
 *   question: 'is there a red circle ?',
 *   attempts: [
 *     { response: 'no', feedback: { verdict: 'revise', issues: [], text: 'object : there is a red circle' } },
 *     { response: 'yes', feedback: { verdict: 'accept' } },
 *   ],
 *   final: 'yes',
 *   stop: 'accepted',
 * } as const;
 * const files = exportTrajectories([trajectory], { format: 'trl' });
 * const preference = JSON.parse(files['fgam_preference.jsonl'] ?? '');
 * if (preference.rejected[0].content[0].text !== 'no') throw new Error('expected the draft to be rejected');
 * ```
 */
export function exportTrajectories(
  trajectories: readonly Trajectory[],
  { critic = false, ...options }: ExportOptions,
): Readonly<Record<string, string>> {
  const alone = trajectories.filter(({ context }) => context === undefined);
  if (trajectories.length > 0 && alone.length === 0)
    throw rectifierError(
      'rectifier/bad-trajectory',
      `exportTrajectories: expected trajectories of questions that stand alone, got ${trajectories.length} within conversations; give some without a context`,
    );
  const said = alone.filter(({ final }) => !isBlank(final));
  if (alone.length > 0 && said.length === 0)
    throw rectifierError(
      'rectifier/bad-trajectory',
      `exportTrajectories: expected trajectories whose final response says something, got ${alone.length} blank ones; give others`,
    );
  return engineFiles('exportTrajectories', said, () => examplesOf(said.map(withBoxHint), critic), options);
}

/** The question asks for the box in LLaVA's words, where a box is what it is to be answered with. */
function withBoxHint(trajectory: Trajectory): Trajectory {
  const isBox = /^\s*(?:<loc_\d+>\s*){4}$/.test(trajectory.final);
  return isBox ? { ...trajectory, question: `${trajectory.question}${LLAVA_BOX_HINT}` } : trajectory;
}

function examplesOf(trajectories: readonly Trajectory[], withCritic: boolean): ExportedExamples {
  const sft = trajectories.flatMap((trajectory): ExportedConversation[] => {
    const { id, image, question, attempts } = trajectory;
    const answer = escapeSlot(trajectory.final);
    const refused = attempts.filter(({ feedback }) => feedback?.verdict === 'revise');
    const revisions = revisionSegments(
      { ...trajectory, attempts: [...refused, { response: trajectory.final }] },
      { answer: trajectory.final },
    );
    return [
      { id, image, turns: [{ question: escapeSlot(question), answer }] },
      ...revisions.map(({ prompt }, k) => ({
        id: `${id}-revision-${k + 1}`,
        image,
        turns: [{ question: prompt, answer }],
      })),
    ];
  });
  const rm = withCritic ? trajectories.flatMap(feedbackOf) : [];
  const preferences = trajectories.flatMap(
    ({ id, image, question, attempts, final }): PreferenceExample[] => {
      const rejected = attempts[0]?.response;
      if (rejected === undefined || foldSpace(rejected) === foldSpace(final)) return [];
      return [
        {
          id,
          image,
          prompt: escapeSlot(question),
          chosen: escapeSlot(final),
          rejected: escapeSlot(rejected),
        },
      ];
    },
  );
  return { sft, rm, preferences };
}

/**
 * What the rectification module is to say of each response: feedback that the end of the trajectory
 * contradicts is not taught.
 */
function feedbackOf(trajectory: Trajectory): ExportedConversation[] {
  const { id, image, final } = trajectory;
  const attempts = trajectory.attempts.filter(
    ({ response, feedback }) =>
      (feedback?.verdict === 'accept') === (foldSpace(response) === foldSpace(final)),
  );
  const said = criticSegments({ ...trajectory, attempts }).filter(({ answer }) => !isBlank(answer));
  return said.map(({ prompt, answer }, k) => ({
    id: `${id}-feedback-${k + 1}`,
    image,
    turns: [{ question: prompt, answer }],
  }));
}

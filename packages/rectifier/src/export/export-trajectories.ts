import { formatLlavaLocations, LLAVA_BOX_HINT, type Trajectory } from '@fgam/data';
import { rectifierError } from '../error.js';
import { escapeSlot } from '../prompts/escape-slot.js';
import { revisionSegments } from '../examples/segments.js';
import { llamaFactoryFiles } from './llama-factory-files.js';
import { llavaFiles } from './llava-files.js';
import { trlFiles } from './trl-files.js';

/** Engines that trajectories are written for. */
export const EXPORT_FORMATS = ['llava', 'llama-factory', 'trl'] as const;

/** An engine that trajectories are written for. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A prompt about an image with the response that it is to be taught. */
export interface SftExample {
  readonly id: string;
  readonly image: string;
  readonly prompt: string;
  readonly response: string;
}

/** A question about an image, a response that is preferred, and one that is not. */
export interface PreferenceExample {
  readonly id: string;
  readonly image: string;
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
}

/** What an engine is to train on. */
export interface ExportedExamples {
  readonly sft: readonly SftExample[];
  readonly preferences: readonly PreferenceExample[];
}

/** Options of {@link exportTrajectories}. */
export interface ExportOptions {
  readonly format: ExportFormat;
  /** What the files' names and the data set's begin with. Default `fgam`. */
  readonly name?: string;
}

/**
 * Correction trajectories as files that other engines train on: name -> content.
 *
 * Supervised training is taught the final response alone: as the answer to the bare question, and to the paper's augmented prompt
 * (`User: Q Assistant: A_k Feedback: F_k Assistant (Revised):`) of every attempt that was refused. Drafts that were refused are never an answer. A trajectory whose
 * final response is another than its first one is an example of preference too (DPO): the final one chosen, the first rejected. Markers of images and
 * turns within questions and responses are escaped, so that one image has one placeholder. Our location words, which those engines' tokenizers do
 * not have, are written as LLaVA's boxes (`[0.21, 0.40, 0.55, 0.93]`), and a question whose final response is a box ends with LLaVA's hint, as
 * `formatLlavaQuestions` has it.
 *
 * - `llava`: `NAME.json` as LLaVA's finetuning reads it (`conversations`, `<image>` in the first human turn);
 * - `llama-factory`: `NAME_sft.json`, `NAME_preference.json` in ShareGPT form, and the `dataset_info.json` that names them;
 * - `trl`: `NAME_sft.jsonl` (prompt and completion) and `NAME_preference.jsonl`, conversational, with an `images` column.
 *
 * Without preferences there is no file of them.
 *
 * Only trajectories whose end is to be imitated should be given: what is final is taught, right or not.
 *
 * @throws FgamError `rectifier/bad-trajectory` where there is none, two have one id, or one has no image; `rectifier/bad-config` for a name that is no plain file name
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
  { format, name = 'fgam' }: ExportOptions,
): Readonly<Record<string, string>> {
  const seen = new Set<string>();
  const repeated = trajectories.find(({ id }) => seen.has(id) || !seen.add(id))?.id;
  if (trajectories.length === 0 || repeated !== undefined) {
    throw rectifierError(
      'rectifier/bad-trajectory',
      `exportTrajectories: expected trajectories with an id each, got ${repeated === undefined ? 'none' : `${repeated} twice`}`,
    );
  }
  const blind = trajectories.find(({ image }) => image === '');
  if (blind !== undefined) {
    throw rectifierError(
      'rectifier/bad-trajectory',
      `exportTrajectories: expected an image in each trajectory, got none in ${blind.id}`,
    );
  }
  if (!/^[\w-][\w.-]*$/.test(name)) {
    throw rectifierError(
      'rectifier/bad-config',
      `exportTrajectories: expected a name of letters, digits, - and _, got ${JSON.stringify(name)}`,
    );
  }
  const examples = withoutLocationWords(examplesOf(trajectories.map(withBoxHint)));
  switch (format) {
    case 'llava':
      return llavaFiles(examples, name);
    case 'llama-factory':
      return llamaFactoryFiles(examples, name);
    case 'trl':
      return trlFiles(examples, name);
  }
}

/** The question asks for the box in LLaVA's words, where a box is what it is to be answered with. */
function withBoxHint(trajectory: Trajectory): Trajectory {
  const isBox = /^\s*(?:<loc_\d+>\s*){4}$/.test(trajectory.final);
  return isBox ? { ...trajectory, question: `${trajectory.question}${LLAVA_BOX_HINT}` } : trajectory;
}

function withoutLocationWords({ sft, preferences }: ExportedExamples): ExportedExamples {
  return {
    sft: sft.map(({ prompt, response, ...of }) => ({
      ...of,
      prompt: formatLlavaLocations(prompt),
      response: formatLlavaLocations(response),
    })),
    preferences: preferences.map(({ prompt, chosen, rejected, ...of }) => ({
      ...of,
      prompt: formatLlavaLocations(prompt),
      chosen: formatLlavaLocations(chosen),
      rejected: formatLlavaLocations(rejected),
    })),
  };
}

function examplesOf(trajectories: readonly Trajectory[]): ExportedExamples {
  const sft = trajectories.flatMap((trajectory): SftExample[] => {
    const { id, image, question, attempts } = trajectory;
    const response = escapeSlot(trajectory.final);
    const refused = attempts.filter(({ feedback }) => feedback?.verdict === 'revise');
    const revisions = revisionSegments(
      { ...trajectory, attempts: [...refused, { response: trajectory.final }] },
      { answer: trajectory.final },
    );
    return [
      { id, image, prompt: escapeSlot(question), response },
      ...revisions.map(({ prompt }, k) => ({ id: `${id}-revision-${k + 1}`, image, prompt, response })),
    ];
  });
  const preferences = trajectories.flatMap(
    ({ id, image, question, attempts, final }): PreferenceExample[] => {
      const rejected = attempts[0]?.response;
      if (rejected === undefined || rejected === final) return [];
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
  return { sft, preferences };
}

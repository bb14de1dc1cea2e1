import { captionHallucinations, isRight, type Prediction } from '@fgam/bench';
import type { Answerer, Question, RegionSample } from '@fgam/data';
import { calibrateRefusals, refusalScore } from '@fgam/rectifier';
import { rectifyQuestions } from '../rectify-questions.js';
import type { SceneData } from '../scene-data.js';
import { formOf, type OpenCritic, withRefusals } from './open-critic.js';

/**
 * A critic whose refusals stand only where they have shown to gain: the loop on validation scenes, then a
 * threshold for each form of question (`calibrateRefusals`).
 */
export async function calibrateCritic(
  opened: OpenCritic,
  options: {
    readonly answerer: Answerer;
    readonly validation: SceneData;
    /** The answerer's first answers to the validation questions. */
    readonly first: readonly Prediction[];
    readonly rounds: number;
    readonly signal: AbortSignal;
    readonly onProgress?: (done: number) => void;
  },
): Promise<OpenCritic> {
  const { answerer, validation, first, rounds, signal, onProgress } = options;
  const { questions } = validation;
  const { critic } = opened;
  const trajectories = await rectifyQuestions({
    ...{ answerer, critic, data: validation, questions, first, rounds, signal },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const questionOf = new Map(questions.map((question) => [question.id, question]));
  const outcomes = trajectories.flatMap(({ id, attempts, final }) => {
    const question = questionOf.get(id);
    const [before] = attempts;
    const score = before?.feedback && refusalScore(before.feedback);
    if (question === undefined || before === undefined || score === undefined) return [];
    const sample = validation.sampleOf.get(question.sample);
    const worth = (response: string): number => worthOf(question, response, sample);
    const gain = Math.sign(worth(final) - worth(before.response));
    return [{ group: formOf(question.question), score, gain }];
  });
  return withRefusals(opened, calibrateRefusals(outcomes));
}

/**
 * What a response is worth: 1 for a right answer, 0 for a wrong one; of a caption F1 over its claims, an
 * object with its looks and its place each, `2 right / (claimed + 3 objects)`, as a caption that says less,
 * or nothing, would else count as a better one.
 */
function worthOf(question: Question, response: string, sample: RegionSample | undefined): number {
  if (question.kind !== 'caption' || sample === undefined) return isRight(question, response) ? 1 : 0;
  const counts = captionHallucinations(response, sample);
  const claimed = counts.mentions + counts.attributeClaims + counts.relationClaims;
  const wrong = counts.wrongObjects + counts.wrongAttributes + counts.wrongRelations;
  return (2 * (claimed - wrong)) / Math.max(1, claimed + 3 * counts.objects);
}

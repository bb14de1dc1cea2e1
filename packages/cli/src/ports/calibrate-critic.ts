import { isRight, type Prediction } from '@fgam/bench';
import type { Answerer } from '@fgam/data';
import { calibrateAcceptance, feedbackScore, parseQuestion, withAcceptThreshold } from '@fgam/rectifier';
import { rectifyQuestions } from '../rectify-questions.js';
import type { SceneData } from '../scene-data.js';
import type { OpenCritic } from './open-critic.js';

/** What a critic holds that gives no confidence. */
const UNDECIDED = 0.5;

/**
 * A critic that sends back only what it has shown to gain by it: one round of the loop on validation scenes, then a threshold of
 * acceptance for each form of question (`calibrateAcceptance`).
 */
export async function calibrateCritic(
  opened: OpenCritic,
  options: {
    readonly answerer: Answerer;
    readonly validation: SceneData;
    /** The answerer's first answers to the validation questions. */
    readonly first: readonly Prediction[];
    readonly signal: AbortSignal;
  },
): Promise<OpenCritic> {
  const { answerer, validation, first, signal } = options;
  const { questions } = validation;
  const { critic } = opened;
  const trajectories = await rectifyQuestions({
    ...{ answerer, critic, data: validation, questions, first, signal },
    rounds: 1,
  });
  const questionOf = new Map(questions.map((question) => [question.id, question]));
  const outcomes = trajectories.flatMap(({ id, question: text, attempts }) => {
    const question = questionOf.get(id);
    const [before, after] = attempts;
    if (question === undefined || before === undefined || after === undefined) return [];
    const right = ({ response }: typeof before): number => (isRight(question, response) ? 1 : 0);
    const score = feedbackScore(before.feedback) ?? UNDECIDED;
    return [{ group: formOf(text), score, gain: right(after) - right(before) }];
  });
  const thresholds = calibrateAcceptance(outcomes);
  const accepts = Object.entries(thresholds).map(([form, threshold]) => [`accepts ${form} from`, threshold]);
  return {
    ...opened,
    critic: withAcceptThreshold(critic, ({ question }) => thresholds[formOf(question)] ?? 0),
    settings: { ...opened.settings, ...(Object.fromEntries(accepts) as Record<string, number>) },
  };
}

function formOf(question: string): string {
  return parseQuestion(question)?.form ?? 'other';
}

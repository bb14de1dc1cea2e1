import { createRandom, type Feedback, type ImageSource, type Question } from '@fgam/data';
import { injectErrors } from '@fgam/rectifier';
import type { SceneData } from '../scene-data.js';
import { type OpenCritic, openOracleCritic } from './open-critic.js';

/**
 * A critic with the oracle's verdicts, and feedback of the right kind on another question: what a wrong
 * response to a question of the same kind about another image would have been told. Where a reviser mends as
 * much by it as by the oracle, it does not read what feedback says.
 */
export function openShuffledOracle(data: SceneData, seed: number): OpenCritic {
  const oracle = openOracleCritic(data);
  const others = new Map<Question['kind'], readonly Question[]>();
  for (const { kind } of data.questions)
    if (!others.has(kind)) {
      const own = data.questions.filter((question) => question.kind === kind);
      others.set(kind, createRandom(`shuffled/${seed}/${kind}`).shuffle(own));
    }
  const asked = new Map<string, Question>();
  for (const question of data.questions) {
    const image = data.sampleOf.get(question.sample)?.image;
    if (image !== undefined) asked.set(keyOf(image, question.question), question);
  }
  return {
    ...oracle,
    critic: {
      name: 'shuffled oracle',
      async critique(requests, call) {
        const feedbacks = await oracle.critic.critique(requests, call);
        return feedbacks.map((feedback, row): Feedback => {
          const request = requests[row];
          if (feedback.verdict === 'accept' || request === undefined) return feedback;
          const question = asked.get(keyOf(request.image, request.question));
          const told = question && tellOther(question, others.get(question.kind) ?? [], data, seed);
          return told === undefined ? { verdict: 'accept', confidence: 1 } : { ...told, confidence: 1 };
        });
      },
    },
  };
}

/**
 * Feedback on a wrong response to the next question of this kind that is about another image;
 * undefined where there is none.
 */
function tellOther(
  question: Question,
  others: readonly Question[],
  data: SceneData,
  seed: number,
): Feedback | undefined {
  const own = others.indexOf(question);
  for (let step = 1; step < others.length; step += 1) {
    const other = others[(own + step) % others.length];
    if (other === undefined || other.sample === question.sample) continue;
    const sample = data.sampleOf.get(other.sample);
    const [error] = injectErrors(other, { seed, ...(sample === undefined ? {} : { sample }) });
    if (error !== undefined) return error.feedback;
  }
  return undefined;
}

function keyOf(image: ImageSource, question: string): string {
  return `${String(image)}\n${question}`;
}

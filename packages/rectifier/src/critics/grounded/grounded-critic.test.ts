import type { Question } from '@fgam/data';
import { beforeAll, expect, it } from 'vitest';
import { injectErrors } from '../../examples/inject-errors.js';
import { formatFeedback } from '../../feedback/format-feedback.js';
import { idealScorer, type PicturedScene, pictureScenes } from '../../test-support.js';
import { calibrateExistence } from './calibrate-existence.js';
import { createGroundedCritic } from './grounded-critic.js';

let scenes: PicturedScene[];
beforeAll(async () => {
  scenes = await pictureScenes(60, 5);
});

it('tells right responses from wrong ones, for each kind of question', async () => {
  const scorer = idealScorer(scenes);
  const half = scenes.length / 2;
  const asked = (some: readonly PicturedScene[]) =>
    some.flatMap(({ image, questions }) => questions.map((question) => ({ image, question })));
  const t0 = performance.now();
  const { threshold, balancedAccuracy } = await calibrateExistence({
    scorer,
    logitScale: 30,
    questions: asked(scenes.slice(0, half)),
  });
  console.log(threshold, balancedAccuracy, performance.now() - t0);
  const critic = createGroundedCritic({ scorer, logitScale: 30, thresholds: { existence: threshold } });
  const rows: Record<string, { n: number; falseAlarms: number; caught: number; wrong: number }> = {};
  const examples: string[] = [];
  for (const { image, questions } of scenes.slice(half)) {
    const drafts = questions.flatMap(
      (question): { question: Question; response: string; isRight: boolean }[] => [
        { question, response: question.answer, isRight: true },
        ...injectErrors(question).map(({ response }) => ({ question, response, isRight: false })),
      ],
    );
    const said = await critic.critique(
      drafts.map(({ question, response }) => ({ image, question: question.question, response })),
    );
    for (const [i, { question, response, isRight }] of drafts.entries()) {
      const row = (rows[question.kind] ??= { n: 0, falseAlarms: 0, caught: 0, wrong: 0 });
      const refused = said[i]?.verdict === 'revise';
      if (isRight) {
        row.n++;
        if (refused) {
          row.falseAlarms++;
          examples.push(
            `FALSE ${question.question} | ${response} | ${formatFeedback(said[i]!, { response })} ${said[i]?.confidence}`,
          );
        }
      } else {
        row.wrong++;
        if (refused) row.caught++;
        else
          examples.push(
            `MISS ${question.question} | ${response} | ${question.answer} | ${said[i]?.confidence}`,
          );
      }
    }
  }
  console.table(rows);
  console.log(examples.slice(0, 60).join('\n'));
  expect(balancedAccuracy).toBeGreaterThan(0.9);
});

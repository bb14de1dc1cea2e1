import type { Answerer, Critic } from '@fgam/data';
import { createBenchmark } from '../../../tools/bench-packages/create-benchmark.js';
import {
  createGroundedCritic,
  formatFeedback,
  injectErrors,
  parseClaims,
  parseFeedback,
  rectify,
} from '../src/index.js';
import { idealScorer, pictureScenes } from '../src/test-support.js';

const SCENES = 30;
const REQUESTS = 1000;

const scenes = await pictureScenes(SCENES);
const questions = scenes.flatMap(({ image, questions: asked }) =>
  asked.map((question) => ({ image, question })),
);
const wrong = questions.flatMap(({ question }) =>
  injectErrors(question).map(({ response, feedback }) => ({ question, response, feedback })),
);
const texts = wrong.map(({ response, feedback }) => ({ response, text: feedback.text }));

/** Answers at once, and right at the second try: what is left is the loop's own work. */
const answerer: Answerer = {
  name: 'instant',
  answer: async (requests) => requests.map(({ revision }) => ({ text: revision ? 'no' : 'yes', tokens: 1 })),
};
const refusal = parseFeedback('object : there is no cat', { response: 'yes' });
const critic: Critic = {
  name: 'instant',
  critique: async (requests) =>
    requests.map(({ response }) => (response === 'no' ? { verdict: 'accept' } : refusal)),
};
const requests = Array.from({ length: REQUESTS }, (_, i) => ({
  id: String(i),
  image: 'cat.png',
  question: 'is there a cat ?',
}));

// The scorer of the tests knows the truth and costs next to nothing: what is left is the critic's own work.
// As if stage 1 were free, the scores are computed before.
const ideal = idealScorer(scenes);
const scored = new Map<unknown, Awaited<ReturnType<typeof ideal.score>>>();
const scorer: typeof ideal = {
  name: 'remembered',
  async score(asked) {
    const known = scored.get(asked[0]?.image) ?? (await ideal.score(asked));
    scored.set(asked[0]?.image, known);
    return known;
  },
};
const grounded = createGroundedCritic({ scorer, logitScale: 30, thresholds: { existence: 0.22 } });
const critiques = scenes.map(({ image, questions: asked }) =>
  asked.map(({ question, answer }) => ({ image, question, response: answer })),
);
const critiqueAll = async () => {
  for (const each of critiques) await grounded.critique(each);
};
await critiqueAll();

/** Each case, and how many items one run of it works on. */
const cases: Record<string, { readonly items: number; readonly unit: string; readonly run: () => unknown }> =
  {
    'format feedback': {
      items: wrong.length,
      unit: 'feedback',
      run: () => wrong.map(({ response, feedback }) => formatFeedback(feedback, { response })),
    },
    'parse feedback': {
      items: texts.length,
      unit: 'feedback',
      run: () => texts.map(({ response, text }) => parseFeedback(text, { response })),
    },
    'parse claims': {
      items: questions.length,
      unit: 'response',
      run: () => questions.map(({ question }) => parseClaims(question.question, question.answer)),
    },
    'rectify, instant ports, two responses and critiques each': {
      items: REQUESTS,
      unit: 'request',
      run: () => rectify({ answerer, critic, requests }),
    },
    'grounded critic, scores given': { items: questions.length, unit: 'response', run: critiqueAll },
  };

const benchmark = createBenchmark();
for (const [name, { items, unit, run }] of Object.entries(cases))
  await benchmark.time(name, run, { items, per: unit });
await benchmark.finish();

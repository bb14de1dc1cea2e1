import { mmVetTask } from '../mm-vet/mm-vet-task.js';
import { mmbenchTask } from '../mmbench/mmbench-task.js';
import { mmhalTask } from '../mmhal-bench/mmhal-task.js';
import { byGroup, meanOf, type PlainRule, shareOf, times } from './plain-rule.test-support.js';

const LETTERS = ['A', 'B', 'C', 'D'];

/** How an answer names an option, and whether the official rule and lmms-eval's read it so. */
const OPTION_FORMS: readonly ((letter: string, text: string) => readonly [string, boolean, boolean])[] = [
  (letter) => [letter, true, true],
  (letter) => [`(${letter})`, true, true],
  (letter, text) => [`${letter}. ${text}`, true, true],
  (_, text) => [text.toUpperCase(), true, true],
  // The official rule wants the letter among the last four words, or after "answer is"; lmms-eval takes an A
  // in a sentence for an article.
  (letter) => [`${letter} is what stands on the table here`, false, letter !== 'A'],
  (letter) => [`The answer is ${letter} for all that the picture shows`, true, letter !== 'A'],
  () => ['no idea', false, false],
  () => ['', false, false],
  () => ['A or B', false, false],
  () => ['Z', false, false],
];

/** MMBench: right under every rotation, or unturned. */
export const mmbenchRule: PlainRule = {
  task: mmbenchTask,
  dialects: ['official', 'lmms-eval'],
  draw(random, dialect) {
    const questions = times(random.int(1, 5), (place) => {
      const options = random.shuffle(['cat', 'dog', 'lamp', 'twelve', 'kettle']).slice(0, random.int(2, 4));
      const right = random.pick(options);
      const rotations = options.map((_, turn) => {
        const turned = [...options.slice(turn), ...options.slice(0, turn)];
        const named = random.chance(0.8) ? right : random.pick(options);
        const form = random.pick(OPTION_FORMS);
        const letter = LETTERS[turned.indexOf(named)] ?? '';
        const [text, official, lmms] = random.chance(0.6)
          ? ([letter, true, true] as const)
          : form(letter, named);
        return {
          ...{ index: place + 1 + turn * 1_000_000, turned, text },
          answer: LETTERS[turned.indexOf(right)] ?? '',
          isRight: named === right && (dialect === 'official' ? official : lmms),
        };
      });
      return { category: random.pick(['logic', 'colour']), rotations };
    });
    const rates = (own: typeof questions) => ({
      circular: shareOf(own, ({ rotations }) => rotations.every(({ isRight }) => isRight)),
      vanilla: shareOf(own, ({ rotations }) => rotations[0]?.isRight === true),
    });
    const all = questions.flatMap(({ category, rotations }) =>
      rotations.map((each) => ({ ...each, category })),
    );
    const line = (cells: readonly (string | number)[]) => `${cells.join('\t')}\n`;
    return {
      truth: {
        'mmbench_dev.tsv': [
          line(['index', 'question', ...LETTERS, 'answer', 'category']),
          ...all.map(({ index, turned, answer, category }) =>
            line([index, 'Which?', ...LETTERS.map((_, at) => turned[at] ?? ''), answer, category]),
          ),
        ].join(''),
      },
      said: all.map(({ index, text }) => ({ question_id: index, text })),
      right: all.map(({ index, answer }) => ({ question_id: index, text: answer })),
      wanted: {
        metrics: rates(questions),
        byCategory: byGroup(questions, ({ category }) => category, rates),
      },
      full: { metrics: { circular: 1, vanilla: 1 } },
      none: { metrics: { circular: 0, vanilla: 0 } },
    };
  },
};

const CAPABILITIES = ['rec', 'ocr', 'know', 'gen', 'spat', 'math'];

/** MM-Vet by the official evaluator's grades: 100 times the mean of each answer's mean over the runs. */
export const mmVetRule: PlainRule = {
  task: mmVetTask,
  dialects: ['official'],
  hasJudge: true,
  draw(random) {
    const runs = random.int(1, 5);
    const rows = times(random.int(1, 10), (place) => ({
      id: `v1_${place}`,
      capability: random.shuffle(CAPABILITIES).slice(0, random.int(1, 3)),
      score: times(runs, () => random.int(0, 10) / 10),
    }));
    const graded = (score: (row: (typeof rows)[number]) => readonly number[]) =>
      rows.map((row) => ({
        id: row.id,
        model: times(runs, () => 'gpt-4-0613'),
        content: [],
        score: score(row),
      }));
    const total = (own: typeof rows) => {
      const mean = meanOf(own.map(({ score }) => meanOf(score) ?? 0));
      return mean === null ? null : 100 * mean;
    };
    const there = CAPABILITIES.filter((name) => rows.some(({ capability }) => capability.includes(name)));
    const each = (value: (name: string) => number | null) =>
      Object.fromEntries(there.map((name) => [name, value(name)]));
    return {
      truth: {
        'mm-vet.json': Object.fromEntries(
          rows.map(({ id, capability }) => [
            id,
            { imagename: `${id}.png`, question: 'q?', answer: 'a', capability },
          ]),
        ),
      },
      said: graded(({ score }) => score),
      right: graded(({ score }) => score.map(() => 1)),
      wanted: {
        metrics: {
          total: total(rows),
          perCapability: each((name) => total(rows.filter(({ capability }) => capability.includes(name)))),
        },
      },
      full: { metrics: { total: 100, perCapability: each(() => 100) } },
      none: { metrics: { total: 0, perCapability: each(() => 0) } },
    };
  },
};

/** What a judge's reply rates, by hand: none or several ratings are 0. */
const REPLIES: readonly (readonly [string, number])[] = [
  ['Rating: 3', 3],
  ['So it is false.\nRating: 0', 0],
  ['RATING: 5', 5],
  ['rating: 6, very informative', 6],
  ['**Rating: 4**', 4],
  ['Rating:4', 0],
  ['Rating: 2 or Rating: 3', 0],
  ['Rating: 2. Rating: 2', 2],
  ['Rating: 10', 1],
  ['Rating: 7', 0],
  ['none', 0],
  ['', 0],
];
const TYPES = [
  ...['attribute', 'adversarial', 'comparison', 'counting'],
  ...['relation', 'environment', 'holistic', 'other'],
];

/** MMHal-Bench by the replies that the official script saves. */
export const mmhalRule: PlainRule = {
  task: mmhalTask,
  dialects: ['official'],
  hasJudge: true,
  isOrdered: true,
  draw(random) {
    const rows = times(random.int(1, 40), (place) => {
      const [reply, rating] = random.pick(REPLIES);
      return { place, reply, rating, type: TYPES[place % 8] ?? '' };
    });
    const saved = (content: (row: (typeof rows)[number]) => string) =>
      rows.map((row) => ({
        ...{ object: 'chat.completion', model: 'gpt-4-0314' },
        choices: [{ index: 0, message: { role: 'assistant', content: content(row) } }],
      }));
    const rates = (own: typeof rows) => ({
      score: meanOf(own.map(({ rating }) => rating)),
      hallucinationRate: shareOf(own, ({ rating }) => rating < 3),
    });
    return {
      truth: {
        'response_template.json': rows.map(({ place }) => ({
          ...{ image_id: `i${place}`, image_src: 'https://example.org/i.jpg', image_content: ['Cat'] },
          ...{ question: 'q?', gt_answer: 'a', model_answer: '' },
        })),
      },
      said: saved(({ reply }) => reply),
      right: saved(() => 'Rating: 6'),
      wanted: { metrics: rates(rows), byCategory: byGroup(rows, ({ type }) => type, rates) },
      full: { metrics: { score: 6, hallucinationRate: 0 } },
      none: { metrics: { score: 0, hallucinationRate: 1 } },
    };
  },
};

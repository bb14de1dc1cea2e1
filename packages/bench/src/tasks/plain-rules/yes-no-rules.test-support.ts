import { mmeTask } from '../mme/mme-task.js';
import { popeTask } from '../pope/pope-task.js';
import { vsrTask } from '../vsr/vsr-task.js';
import { jsonLines } from '../choice.test-support.js';
import { byGroup, groupsOf, type PlainRule, shareOf, times } from './plain-rule.test-support.js';

type Said = 'yes' | 'no' | undefined;

/** What forms of answers say to each dialect of POPE, by hand: the official rule, lmms-eval, VLMEvalKit. */
const POPE_FORMS: readonly (readonly [string, Said, Said, Said])[] = [
  ['Yes', 'yes', 'yes', 'yes'],
  ['no', 'no', 'no', 'no'],
  ['No.', 'no', undefined, 'no'],
  ['NO', 'yes', 'no', 'no'],
  ['Yes, there is.', 'yes', undefined, 'yes'],
  ['There is not.', 'no', undefined, undefined],
  [' yes ', 'yes', 'yes', 'yes'],
  ['Yes. No.', 'yes', undefined, undefined],
  ['maybe', 'yes', undefined, undefined],
  ['', 'yes', undefined, undefined],
  ['no, yes', 'no', undefined, undefined],
];
const PLACE_OF = { official: 1, 'lmms-eval': 2, vlmevalkit: 3 } as const;
const placeOf = (dialect: string) => PLACE_OF[dialect as keyof typeof PLACE_OF];

/** POPE: counts of the four kinds; the headline is the random split, of the toolkits all splits. */
export const popeRule: PlainRule = {
  task: popeTask,
  draw(random, dialect) {
    const names = ['random', 'popular', 'adversarial'];
    const splits = names.filter(() => random.chance(0.6));
    if (splits.length === 0) splits.push(random.pick(names));
    const questions = splits.flatMap((split) =>
      times(random.int(1, 8), (place) => {
        const form = random.pick(POPE_FORMS);
        return {
          ...{ split, id: place + 1, label: random.pick(['yes', 'no'] as const) },
          ...{ answer: form[0], said: form[placeOf(dialect)] },
        };
      }),
    );
    const text = ({ split, id }: { split: string; id: number }) => `Is there a ${split} thing ${id}?`;
    const rates = (own: typeof questions) => {
      const count = (label: string, said: Said) =>
        own.filter((each) => each.label === label && each.said === said).length;
      const [hits, alarms, lost, free] = [
        ...[count('yes', 'yes'), count('no', 'yes')],
        ...[count('yes', 'no') + (dialect === 'vlmevalkit' ? count('yes', undefined) : 0), count('no', 'no')],
      ] as [number, number, number, number];
      const precision = hits === 0 ? 0 : hits / (hits + alarms);
      const recall = hits === 0 ? 0 : hits / (hits + lost);
      return {
        ...{ precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) },
        accuracy: (hits + free) / own.length,
        yesRatio: shareOf(own, ({ label, said }) => (dialect === 'lmms-eval' ? label : said) === 'yes'),
      };
    };
    const row = (each: (typeof questions)[number], answer: string) => ({
      ...{ question_id: (names.indexOf(each.split) + 1) * 10_000_000 + each.id, prompt: text(each) },
      text: answer,
    });
    const headed = questions.filter(({ split }) => dialect !== 'official' || split === splits[0]);
    return {
      truth: Object.fromEntries(
        groupsOf(questions, ({ split }) => split).map(([split, own]) => [
          `coco_pope_${split}.json`,
          jsonLines(
            own.map((each) => ({
              question_id: each.id,
              image: 'i.jpg',
              text: text(each),
              label: each.label,
            })),
          ),
        ]),
      ),
      said: questions.map((each) => row(each, each.answer)),
      right: questions.map((each) => row(each, each.label)),
      wanted: { metrics: rates(headed), byCategory: byGroup(questions, ({ split }) => split, rates) },
      full: { metrics: { accuracy: 1 } },
      none: { metrics: { accuracy: 0, precision: 0, recall: 0, f1: 0 } },
    };
  },
};

const MME_FORMS: readonly (readonly [string, Said, Said, Said])[] = [
  ['Yes', 'yes', 'yes', 'yes'],
  ['no', 'no', 'no', 'no'],
  ['know', 'no', 'no', undefined],
  ['Yes, it is', 'yes', 'yes', 'yes'],
  ['y', undefined, 'yes', undefined],
  ['N.', undefined, 'no', undefined],
  ['.no', 'no', 'no', 'no'],
  ['The answer is no', undefined, undefined, 'no'],
  ['', undefined, undefined, undefined],
  ['eyes', 'yes', 'yes', undefined],
];
const PERCEPTION = [
  ...['existence', 'count', 'position', 'color', 'posters'],
  ...['celebrity', 'scene', 'landmark', 'artwork', 'OCR'],
];
const COGNITION = ['commonsense_reasoning', 'numerical_calculation', 'text_translation', 'code_reasoning'];

/** MME: of each task 100 times the share of right answers and of images with two of them. */
export const mmeRule: PlainRule = {
  task: mmeTask,
  draw(random, dialect) {
    const tasks = random.shuffle([...PERCEPTION, ...COGNITION]).slice(0, random.int(1, 6));
    const images = tasks.flatMap((task) =>
      times(random.int(1, 4), (image) => {
        const answers = (['yes', 'no'] as const).map((truth) => {
          const form = random.chance(0.5) ? random.pick(MME_FORMS) : ([truth, truth, truth, truth] as const);
          return { truth, answer: form[0], isRight: form[placeOf(dialect)] === truth };
        });
        return { task, image, answers };
      }),
    );
    const rows = (said: (answer: (typeof images)[number]['answers'][number]) => string) =>
      images.flatMap(({ task, image, answers }) =>
        answers.map((each, place) => ({
          ...{ question_id: `${task}/${image}.png`, prompt: `Is it ${place}?`, text: said(each) },
        })),
      );
    const score = (own: typeof images) => {
      const single = shareOf(
        own.flatMap(({ answers }) => answers),
        ({ isRight }) => isRight,
      );
      const both = shareOf(own, ({ answers }) => answers.every(({ isRight }) => isRight));
      return 100 * ((single ?? 0) + (both ?? 0));
    };
    const ofTasks = groupsOf(images, ({ task }) => task).map(([task, own]) => [task, score(own)] as const);
    const sum = (names: readonly string[], value: (score: number) => number) => {
      const own = ofTasks.filter(([task]) => names.includes(task));
      return own.length === 0 ? null : own.reduce((total, [, each]) => total + value(each), 0);
    };
    const sums = (value: (score: number) => number) => ({
      metrics: { perception: sum(PERCEPTION, value), cognition: sum(COGNITION, value) },
    });
    return {
      truth: Object.fromEntries(
        groupsOf(images, ({ task }) => task).map(([task, own]) => [
          `${task}.txt`,
          own
            .flatMap(({ image, answers }) =>
              answers.map(({ truth }, place) => `${image}.png\tIs it ${place}?\t${truth}\n`),
            )
            .join(''),
        ]),
      ),
      said: rows(({ answer }) => answer),
      right: rows(({ truth }) => truth),
      wanted: { metrics: { ...sums((each) => each).metrics, tasks: Object.fromEntries(ofTasks) } },
      full: sums(() => 200),
      none: sums(() => 0),
    };
  },
};

const VERDICTS: readonly (readonly [unknown, boolean | undefined])[] = [
  ...([1, 'yes', 'True', 0.2, '3.5', 'Yes, it is.', true] as const).map((said) => [said, true] as const),
  ...([0, 'no', 'False', -0.5, '-1e2', 'No!', false] as const).map((said) => [said, false] as const),
  ...['nothing', '', 'It is true'].map((said) => [said, undefined] as const),
];

/** VSR: the share of statements whose verdict is the label. */
export const vsrRule: PlainRule = {
  task: vsrTask,
  draw(random) {
    const rows = times(random.int(1, 12), (id) => {
      const [prediction, said] = random.pick(VERDICTS);
      return {
        id,
        prediction,
        said,
        label: random.int(0, 1),
        relation: random.pick(['on', 'under', 'near']),
      };
    });
    const percent = (own: typeof rows) => {
      const share = shareOf(own, ({ said, label }) => said === (label === 1));
      return share === null ? null : 100 * share;
    };
    const perPredicate = byGroup(rows, ({ relation }) => relation, percent);
    return {
      truth: {
        'dev.jsonl': jsonLines(
          rows.map(({ id, label, relation }) => ({ image: `${id}.jpg`, caption: 'c', label, relation })),
        ),
      },
      said: rows.map(({ id, prediction }) => ({ id, prediction })),
      right: rows.map(({ id, label }) => ({ id, prediction: label })),
      wanted: { metrics: { accuracy: percent(rows), perPredicate } },
      full: { metrics: { accuracy: 100 } },
      none: { metrics: { accuracy: 0 } },
    };
  },
};

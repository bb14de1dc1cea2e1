import { join } from 'node:path';
import { makeFolder, writeAtomic } from '@fgam/data';
import { ratioInterval } from '../../bootstrap.js';
import { alignRows } from '../align-rows.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { JUDGED_DIALECTS } from '../judged-values.js';
import { readMmVetPredictions, readMmVetTruth } from './read-mm-vet.js';
import { scoreMmVet } from './score-mm-vet.js';

/** MM-Vet's six capabilities, in the order of its paper. */
const CAPABILITIES = ['rec', 'ocr', 'know', 'gen', 'spat', 'math'] as const;

/**
 * MM-Vet: open questions that need several capabilities, scored 0..1 by a language model (Yu et al. 2023,
 * arXiv:2308.02490). A metric is the mean of its questions' scores, times 100: of all, of those that need a
 * capability, of those that need one combination of them.
 */
export const mmVetTask: BenchmarkTask = {
  name: 'mm-vet',
  title: 'MM-Vet',
  measures: 'open questions that need several capabilities, scored by a judge',
  inputs:
    'truth: mm-vet.json, or rows of lmms-eval or VLMEvalKit; predictions: {id: text}, LLaVA, lmms-eval, VLMEvalKit, with a judge (gpt-4-0613 for published numbers); or the official *-grade-*.json, without one',
  dialects: JUDGED_DIALECTS,
  units: {
    total: '0..100',
    ...Object.fromEntries(CAPABILITIES.map((name) => [`perCapability.${name}`, '0..100'])),
  },

  async score(input) {
    const questions = await readMmVetTruth(input.truth);
    const predictions = await readMmVetPredictions(input.predictions);
    const { rows, faults } = alignRows('mm-vet', questions, predictions, input.allowMissing);
    const answered = rows.flatMap(({ item, answer }) => (answer === undefined ? [] : [{ item, answer }]));
    const { dialect, values: judged, notes } = await scoreMmVet(answered, input);
    const scoreOf = new Map(answered.map(({ item }, index) => [item.id, judged[index]]));
    const scores = questions.map(({ id }) => scoreOf.get(id) ?? 0);
    const means = (of: (capabilities: readonly string[]) => boolean) => {
      const own = questions.flatMap(({ capabilities }, index) => (of(capabilities) ? [index] : []));
      const values = own.map((index) => scores[index] ?? 0);
      return {
        n: own.length,
        value: own.length === 0 ? null : (values.reduce((sum, value) => sum + value, 0) / own.length) * 100,
        interval: ratioInterval(
          values.map((value) => value * 100),
          values.map(() => 1),
          own.map((index) => questions[index]?.image ?? ''),
          { seed: input.seed ?? 0 },
        ),
      };
    };
    const total = means(() => true);
    const perCapability = CAPABILITIES.map(
      (name) => [name, means((own) => own.includes(name))] as const,
    ).filter(([, { n }]) => n > 0);
    const combinations = [...new Set(questions.map(({ capabilities }) => capabilities.join('+')))].sort();
    return {
      task: 'mm-vet',
      dialect,
      n: rows.length,
      missing: rows.length - answered.length,
      metrics: {
        total: total.value,
        perCapability: Object.fromEntries(perCapability.map(([name, { value }]) => [name, value])),
      },
      byCategory: {
        ...Object.fromEntries(perCapability.map(([name, { value, n }]) => [name, { score: value, n }])),
        ...Object.fromEntries(
          combinations.map((combination) => {
            const { value, n } = means((own) => own.join('+') === combination);
            return [`${combination} and no other`, { score: value, n }];
          }),
        ),
      },
      interval: {
        total: total.interval,
        ...Object.fromEntries(
          perCapability.map(([name, { interval }]) => [`perCapability.${name}`, interval]),
        ),
      },
      faults: {
        ...faults,
        unparsable: answered.flatMap(({ item }, index) => (judged[index] === undefined ? [item.id] : [])),
      },
      notes,
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'mm-vet', dialects: JUDGED_DIALECTS }, dialect);
    return (await readMmVetTruth(truth)).map(({ id, image, question }) => ({ id, image, prompt: question }));
  },

  async savePredictions(truth, answers, folder) {
    const questions = await readMmVetTruth(truth);
    const own = questions.filter(({ id }) => answers.has(id)).map(({ id }) => [id, answers.get(id)]);
    await makeFolder(folder);
    const file = join(folder, 'mm-vet_answers.json');
    await writeAtomic(file, `${JSON.stringify(Object.fromEntries(own), undefined, 4)}\n`);
    return [file];
  },
};

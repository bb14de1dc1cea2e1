import { readJsonRecords } from '@fgam/data';
import { benchError } from '../../error.js';
import { readAnswers } from '../answers/read-answers.js';
import { isFields } from '../answers/read-answers.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { listFiles } from '../files/list-files.js';
import { verdictText } from '../statements/parse-verdict.js';
import { type Statement, scoreStatements } from '../statements/score-statements.js';

const DIALECTS: readonly ['official'] = ['official'];

interface VsrItem extends Statement {
  readonly caption: string;
}

/** VSR: is a spatial statement about a COCO photo true? (Liu et al. 2023, arXiv:2205.00363). */
export const vsrTask: BenchmarkTask = {
  name: 'vsr',
  title: 'VSR',
  measures: 'spatial statements about photos: true or false?',
  inputs:
    'truth: a split (dev.jsonl, test.jsonl); predictions: rows with id (the row of the split, from 0) or with image and caption, and a label, a logit or a word; LLaVA',
  dialects: DIALECTS,
  units: { accuracy: 'percent', perPredicate: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'vsr', dialects: DIALECTS }, input.dialect);
    const items = await readVsrTruth(input.truth);
    const placesOf = new Map<string, string[]>();
    for (const { id, image, caption } of items) {
      const statement = `${image}: ${caption}`;
      placesOf.set(statement, [...(placesOf.get(statement) ?? []), id]);
    }
    const predictions = await readAnswers('vsr', input.predictions, {
      ids: ['id', 'question_id', 'caption'],
      answers: ['prediction', 'pred', 'answer'],
      idOf: (id, row) => {
        const statement = `${String(row['image'])}: ${String(row['caption'])}`;
        const places = placesOf.get(statement) ?? [];
        // The official evaluation goes by place alone; image and caption tell it of a statement that is there once.
        if (places.length < 2) return places[0] ?? id;
        if (places.includes(id)) return id;
        throw benchError(
          'bench/bad-predictions',
          `vsr: expected as id the row of the split (${places.join(' or ')}) of a statement that it has ${places.length} times, got ${id} (${statement}); number the predictions from 0 in the split's order`,
        );
      },
      textOf: verdictText,
    });
    return scoreStatements('vsr', dialect, items, predictions, input);
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'vsr', dialects: DIALECTS }, dialect);
    return (await readVsrTruth(truth)).map(({ id, image, caption }) => ({
      ...{ id, image },
      prompt: `${caption}\nIs this statement about the image true? Answer yes or no.`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const rows = (await readVsrTruth(truth)).flatMap(({ id, image, caption }) => {
      const prediction = answers.get(id);
      return prediction === undefined ? [] : [{ id: Number(id), image, caption, prediction }];
    });
    return saveJson(folder, 'vsr_predictions.jsonl', rows);
  },
};

/** The statements of one split: a row has no id but its place. */
async function readVsrTruth(paths: readonly string[]): Promise<VsrItem[]> {
  const [file, ...others] = await listFiles(paths, /\.jsonl$/i, 'one split (*.jsonl)', 'bench/bad-truth');
  if (file === undefined || others.length > 0)
    throw benchError(
      'bench/bad-truth',
      `vsr: expected one split, got ${others.length + 1} files; name one: rows have no id but their place`,
    );
  return (await readJsonRecords(file)).records.map(({ value }, place) => {
    const { image, caption, label, relation } = isFields(value) ? value : {};
    if (
      typeof image !== 'string' ||
      typeof caption !== 'string' ||
      typeof relation !== 'string' ||
      (label !== 0 && label !== 1)
    )
      throw benchError(
        'bench/bad-truth',
        `vsr: ${file}: row ${place + 1}: expected image, caption, relation and label 0 or 1; name an official split`,
      );
    return { id: String(place), image, caption, relation, label: label === 1 };
  });
}

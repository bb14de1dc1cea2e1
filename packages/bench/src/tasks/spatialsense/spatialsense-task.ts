import { type Fields, readAnswers } from '../answers/read-answers.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { verdictText } from '../statements/parse-verdict.js';
import { scoreStatements } from '../statements/score-statements.js';
import { readSpatialSenseTruth } from './read-spatialsense-truth.js';

const IDS = ['_id', 'id', 'question_id'];
const DIALECTS: readonly ['official'] = ['official'];

/**
 * SpatialSense: does a spatial relation hold? (Yang et al. 2019, arXiv:1908.02660). Right where
 * `(logit > 0) == label`; yes and no count as logits.
 */
export const spatialSenseTask: BenchmarkTask = {
  name: 'spatialsense',
  aliases: ['spatial-sense'],
  title: 'SpatialSense',
  measures: 'spatial relations: does subject stand in this relation to object?',
  inputs:
    "truth: annotations.json; predictions: [ids, logits] as the official script's pickle has them, {_id: logit} or [{_id, prediction}] with logits or yes and no, LLaVA, lmms-eval",
  dialects: DIALECTS,
  units: { accuracy: 'percent', perPredicate: 'percent' },

  async score(input) {
    const dialect = expectDialect({ name: 'spatialsense', dialects: DIALECTS }, input.dialect);
    const { items, split } = await readSpatialSenseTruth(input.truth);
    const predictions = await readAnswers('spatialsense', input.predictions, {
      ids: IDS,
      answers: ['prediction', 'logit', 'answer'],
      rowsOf: (file) => pairsOf(file['ids'], file['predictions']) ?? rowsById(file),
      textOf: verdictText,
      pairsOf,
    });
    const score = scoreStatements('spatialsense', dialect, items, predictions, input);
    return {
      ...score,
      notes: split === undefined ? ['the truth has no test split: all of it is scored'] : [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'spatialsense', dialects: DIALECTS }, dialect);
    const { items } = await readSpatialSenseTruth(truth);
    // The official models take boxes and words: the sentence is ours.
    return items.map(({ id, image, subject, relation, object }) => ({
      ...{ id, image },
      prompt: `Is the ${subject} ${relation} the ${object}?\nAnswer yes or no.`,
    }));
  },

  async savePredictions(truth, answers, folder) {
    const { items } = await readSpatialSenseTruth(truth);
    const rows = items.flatMap(({ id }) => {
      const prediction = answers.get(id);
      return prediction === undefined ? [] : [{ _id: id, prediction }];
    });
    return saveJson(folder, 'spatialsense_predictions.json', rows);
  },
};

/** Rows of `{id: logit}`; a row with an id of its own is one. */
function rowsById(file: Fields): unknown[] {
  return IDS.some((name) => name in file) || 'doc' in file
    ? [file]
    : Object.entries(file).map(([_id, prediction]) => ({ _id, prediction }));
}

/** Rows of a list of ids and a list of logits. */
function pairsOf(ids: unknown, logits: unknown): unknown[] | undefined {
  if (!Array.isArray(ids) || !Array.isArray(logits)) return undefined;
  return (ids as readonly unknown[]).map((_id, place) => ({
    _id,
    prediction: (logits as readonly unknown[])[place],
  }));
}

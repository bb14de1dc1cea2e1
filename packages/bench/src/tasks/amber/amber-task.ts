import { ratioInterval } from '../../bootstrap.js';
import { saveJson } from '../answers/save-json.js';
import type { BenchmarkTask, Metrics } from '../benchmark-task.js';
import { expectDialect } from '../expect-dialect.js';
import { savedId } from '../files/id-text.js';
import { readAmberRows } from './amber-rows.js';
import { readAmberTruth } from './read-amber.js';
import { amberAnswerScores, amberDescriptionScores } from './score-amber.js';

const DIALECTS = ['fgam-words'] as const;
const ANSWERS = ['existence', 'attribute', 'relation'] as const;

/** Keeps F1 from a division by zero: the official script has another value for existence. */
const GUARDS = { existence: 0.001, attribute: 0.0001, relation: 0.0001, all: 0.0001 } as const;

/**
 * AMBER: hallucination in descriptions and in yes/no answers about existence, attributes and relations
 * (Wang et al. 2023, arXiv:2311.07397). All scores are percent with one decimal place; `amber` is the mean
 * of `100 - chair` and `f1`.
 *
 * A dimension without a single answer is not scored, as the official script has it by choice. Yes/no answers
 * must be exactly `Yes` or `No`. The official script tells a description's words by NLTK and compares them by
 * spaCy's vectors; `fgam-words` finds the words of AMBER's own association, so the scores of descriptions are
 * near and not equal to the official ones, while those of yes/no answers are the official rule.
 */
export const amberTask: BenchmarkTask = {
  name: 'amber',
  title: 'AMBER',
  measures: 'hallucination in descriptions, and in yes/no answers about existence, attributes and relations',
  inputs:
    'truth: annotations.json, relation.json, safe_words.txt, and query_all.json for the questions; predictions: [{id, response}], or {question_id, text}',
  dialects: DIALECTS,
  units: Object.fromEntries(
    ['amber', 'chair', 'cover', 'hal', 'cog', 'accuracy', 'precision', 'recall', 'f1'].map((metric) => [
      metric,
      'percent',
    ]),
  ),

  async score(input) {
    const dialect = expectDialect({ name: 'amber', dialects: DIALECTS }, input.dialect);
    const { descriptions, verdicts, faults, n, missing } = await readAmberRows(input);
    const described = descriptions.length > 0 ? amberDescriptionScores(descriptions) : undefined;
    const whole = verdicts.length > 0 ? amberAnswerScores(verdicts, GUARDS.all) : undefined;
    const parts = ANSWERS.flatMap((dimension): [string, Metrics][] => {
      const own = verdicts.filter((verdict) => verdict.dimension === dimension);
      const types = [...new Set(own.map(({ type }) => type))];
      return own.length === 0
        ? []
        : [
            [dimension, amberAnswerScores(own, GUARDS[dimension])],
            ...(dimension === 'attribute'
              ? types.map((type): [string, Metrics] => [
                  type,
                  amberAnswerScores(
                    own.filter((verdict) => verdict.type === type),
                    GUARDS.attribute,
                  ),
                ])
              : []),
          ];
    });
    const options = { seed: input.seed ?? 0 };
    return {
      ...{ task: 'amber', dialect, n, missing },
      metrics: {
        amber: described && whole ? (100 - described.chair + whole.f1) / 2 : null,
        ...described,
        ...whole,
      },
      byCategory: { ...(described ? { generative: described } : {}), ...Object.fromEntries(parts) },
      interval: {
        ...(described
          ? {
              chair: ratioInterval(
                descriptions.map(({ wrong }) => 100 * wrong),
                descriptions.map(({ named }) => named),
                descriptions.map(({ id }) => id),
                options,
              ),
            }
          : {}),
        ...(whole
          ? {
              accuracy: ratioInterval(
                verdicts.map(({ truth: wanted, said }) => (wanted === said ? 100 : 0)),
                verdicts.map(() => 1),
                verdicts.map(({ image }) => image),
                options,
              ),
            }
          : {}),
      },
      faults,
      notes: described
        ? ["words of descriptions are found by this project's own matching, not by the official script's"]
        : [],
    };
  },

  async questions(truth, dialect) {
    expectDialect({ name: 'amber', dialects: DIALECTS }, dialect);
    const { items, queries } = await readAmberTruth(truth);
    return items.map(({ id }) => {
      const { image, query } = queries.get(id) ?? {};
      return { id, prompt: query ?? '', ...(image === undefined ? {} : { image }) };
    });
  },

  async savePredictions(_truth, answers, folder) {
    const rows = [...answers].map(([id, response]) => ({ id: savedId(id), response }));
    return saveJson(folder, 'amber_responses.json', rows);
  },
};

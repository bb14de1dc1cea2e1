import type { Question, RegionSample } from '@fgam/data';
import { readImageFile } from './read-image-file.js';
import { rowAt } from './row-at.js';
import { sampleRow } from './sample-row.js';
import type { ViewSource } from './view-source.js';

/** What {@link samplesSource} shows. */
export interface SamplesInput {
  readonly title: string;
  /** Their images are paths. */
  readonly samples: readonly RegionSample[];
  readonly questions?: readonly Question[];
}

/**
 * Samples that a reader gave, for `serveView`; their image files are read on demand.
 *
 * @example
 * ```ts
 * import { samplesSource } from '@fgam/bench/view';
 *
 * const box = { x0: 0, y0: 0, x1: 0.5, y1: 0.5 };
 * const regions = [{ id: 'r', box, label: 'cup', description: 'a red cup', source: 'coco' }];
 * const source = samplesSource({ title: 'one', samples: [{ id: 's', image: 's.png', width: 8, height: 8, regions }] });
 * if (source.rows[0]?.note !== '1 region: cup') throw new Error('another row');
 * ```
 */
export function samplesSource({ title, samples, questions = [] }: SamplesInput): ViewSource {
  const questionsOf = new Map<string, Question[]>();
  for (const question of questions) {
    const asked = questionsOf.get(question.sample);
    if (asked) asked.push(question);
    else questionsOf.set(question.sample, [question]);
  }
  return {
    title,
    noun: 'samples',
    rows: samples.map((sample) =>
      sampleRow({
        ...sample,
        relations: [
          ...(sample.relations ?? []).map(({ relation }) => relation),
          ...(sample.annotatedRelations ?? []).map(({ predicate }) => predicate),
        ],
      }),
    ),
    filters: ['label', 'relation', 'source'],
    state: () => ({ done: true }),
    detail: async (row) => {
      const sample = rowAt(samples, row);
      const asked = questionsOf.get(sample.id);
      return {
        title: sample.id,
        facts: [['image', sample.image]],
        hasImage: true,
        sample,
        ...(asked ? { questions: asked } : {}),
      };
    },
    image: (row) => readImageFile(rowAt(samples, row).image),
    close: () => undefined,
  };
}

import { readAmberRows } from '../tasks/amber/amber-rows.js';
import type { ScoreInput } from '../tasks/benchmark-task.js';
import type { ErrorClaims } from './error-claims.js';

/** AMBER's dimensions of questions as error types. */
const TYPE_OF = { existence: 'object', attribute: 'attribute', relation: 'relation' } as const;

/**
 * False claims by AMBER's annotation: each word for an object in a description (object), and each answer to a
 * question about what is not there (object), about attributes and about relations. An answer that is neither
 * `Yes` nor `No` counts as false. AMBER has no questions of several steps: no reasoning.
 *
 * Source: Wang et al. 2023, arXiv:2311.07397; words by this package's dialect `fgam-words` of `amber`.
 *
 * @param input - truth and answers as the task `amber` takes them
 * @throws FgamError `bench/bad-truth`, `bench/bad-predictions`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { amberErrors } from '@fgam/bench';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'amber-'));
 * const write = async (name: string, value: object) => {
 *   await writeFile(join(folder, name), JSON.stringify(value));
 *   return join(folder, name);
 * };
 * await write('annotations.json', [
 *   { id: 1, type: 'generative', truth: ['ship'], hallu: ['bird'] },
 *   { id: 2, type: 'discriminative-attribute-state', truth: 'yes' },
 * ]);
 * await write('relation.json', { ship: ['boat'], bird: ['gull'] });
 * const answers = [{ id: 1, response: 'A boat and a gull.' }, { id: 2, response: 'Yes' }];
 * const predictions = [await write('answers.json', answers)];
 * const [words, answer] = await amberErrors({ truth: [folder], predictions });
 * // The boat is the ship; there is no gull.
 * if (words?.type !== 'object' || words.claims !== 2 || words.errors !== 1) throw new Error(words?.type);
 * if (answer?.type !== 'attribute' || answer.claims !== 1 || answer.errors !== 0) throw new Error(answer?.type);
 * ```
 */
export async function amberErrors(input: ScoreInput): Promise<ErrorClaims[]> {
  const { descriptions, verdicts } = await readAmberRows(input);
  return [
    ...descriptions.map(({ image, named, wrong }) => ({
      ...({ type: 'object', part: 'captions', image } as const),
      ...{ claims: named, errors: wrong },
    })),
    ...verdicts.map(({ image, dimension, truth, said }) => ({
      ...({ type: TYPE_OF[dimension], part: 'questions', image, claims: 1 } as const),
      errors: said === truth ? 0 : 1,
    })),
  ];
}

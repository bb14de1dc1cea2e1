import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../tasks/choice.test-support.js';
import { amberErrors } from './amber-errors.js';
import { chairErrors } from './chair-errors.js';

test('CHAIR: each class that a caption names is a claim', async () => {
  const folder = await writeFiles({
    'instances_val.json': {
      images: [1, 2, 3].map((id) => ({ id, file_name: `${id}.jpg` })),
      categories: ['person', 'dog', 'hot dog'].map((name, id) => ({ id, name })),
      annotations: [
        { image_id: 1, category_id: 0 },
        { image_id: 1, category_id: 1 },
      ],
    },
    'said.json': [
      { image_id: 1, caption: 'Two women and a puppy eat a hot dog.' },
      { image_id: 2, caption: 'Nothing.' },
      { image_id: 3, caption: 'A dog.' },
      { image_id: 3, caption: 'Again a dog.' },
    ],
  });
  const input = { truth: [folder], predictions: [join(folder, 'said.json')] };
  const common = { type: 'object', part: 'captions' };
  expect(await chairErrors({ ...input, allowMissing: true })).toEqual([
    { ...common, image: '1', claims: 3, errors: 1 },
    { ...common, image: '2', claims: 0, errors: 0 },
    { ...common, image: '3', claims: 1, errors: 1 },
  ]);
  await expect(chairErrors(input)).rejects.toThrow('1 duplicate (3)');
});

test('AMBER: words of descriptions, and answers by their dimension; questions of one image together', async () => {
  const folder = await writeFiles({
    'annotations.json': [
      { id: 1, type: 'generative', truth: ['ship'], hallu: ['bird'] },
      { id: 2, type: 'discriminative-hallucination', truth: 'no' },
      { id: 3, type: 'discriminative-attribute-state', truth: 'yes' },
      { id: 4, type: 'relation', truth: 'no' },
    ],
    'relation.json': { ship: ['boat'], bird: ['gull'] },
    'safe_words.txt': '',
    'query_all.json': [1, 2, 3, 4].map((id) => ({ id, image: 'one.jpg', query: `q${id}` })),
    'said.json': [
      { id: 1, response: 'A boat and a gull.' },
      { id: 2, response: 'Yes' },
      { id: 3, response: 'Yes' },
      { id: 4, response: 'perhaps' },
    ],
  });
  const found = await amberErrors({ truth: [folder], predictions: [join(folder, 'said.json')] });
  const image = 'one.jpg';
  expect(found).toEqual([
    { type: 'object', part: 'captions', image, claims: 2, errors: 1 },
    { type: 'object', part: 'questions', image, claims: 1, errors: 1 },
    { type: 'attribute', part: 'questions', image, claims: 1, errors: 0 },
    { type: 'relation', part: 'questions', image, claims: 1, errors: 1 },
  ]);
});

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFiles } from '../choice.test-support.js';
import { mmbenchTask } from '../mmbench/mmbench-task.js';
import { popeTask } from '../pope/pope-task.js';

const questions = [1, 2].map((id) =>
  JSON.stringify({ question_id: id, image: 'a.jpg', text: `Is there a thing ${id}?`, label: 'yes' }),
);

it.each(['', '[]', '\n'])(
  'takes an empty file of predictions (%j) for one that misses every row',
  async (text) => {
    const folder = await writeFiles({
      'coco_pope_random.json': questions.join('\n'),
      'empty.json': text,
    });
    const files = { truth: [folder], predictions: [join(folder, 'empty.json')] };
    await expect(popeTask.score(files)).rejects.toThrow(/2 missing \(random\/1, random\/2\)/);
    expect(await popeTask.score({ ...files, allowMissing: true })).toMatchObject({
      ...{ n: 2, missing: 2 },
      metrics: { accuracy: 0 },
    });
  },
);

it('refuses an empty truth', async () => {
  const folder = await writeFiles({ 'mmbench_dev.tsv': 'index\tquestion\tA\tB\tanswer\n', 'said.jsonl': '' });
  await expect(
    mmbenchTask.score({
      truth: [join(folder, 'mmbench_dev.tsv')],
      predictions: [join(folder, 'said.jsonl')],
      allowMissing: true,
    }),
  ).rejects.toThrow(/got none; check that it is the right file/);
});

it('takes answers by id alone, where ids are numbers or texts', async () => {
  const folder = await writeFiles({
    'coco_pope_random.json': questions.join('\n'),
    'said.jsonl': '{"question_id": "2", "answer": "no"}\n{"question_id": 1, "answer": "yes"}\n',
  });
  const { metrics } = await popeTask.score({ truth: [folder], predictions: [join(folder, 'said.jsonl')] });
  expect(metrics).toMatchObject({ accuracy: 0.5, recall: 0.5, yesRatio: 0.5 });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, writeFiles } from './choice.test-support.js';
import { FAULT_SAMPLES } from './fault-samples.test-support.js';
import { BENCHMARKS } from './find-benchmark.js';

/**
 * Rows of these answer no questions: any image may have any number of detections, and captions tell which
 * images are scored. Their own tests have the rest.
 */
const WITHOUT_QUESTIONS = ['coco-detection', 'coco-segmentation', 'chair'];

it('are looked at in every benchmark that asks questions', () => {
  const named = FAULT_SAMPLES.map(({ task }) => task.name);
  expect([...named, ...WITHOUT_QUESTIONS].sort()).toEqual(BENCHMARKS.map(({ name }) => name).sort());
});

describe.each(FAULT_SAMPLES.map((each) => [each.task.name, each] as const))('rows of %s', (_, each) => {
  const score = async (rows: readonly unknown[], allowMissing = false) => {
    const files = Object.entries(each.truth).map(([file, content]) => [`truth/${file}`, content] as const);
    const folder = await writeFiles({ ...Object.fromEntries(files), 'said.jsonl': jsonLines(rows) });
    return each.task.score({
      ...{ truth: [join(folder, 'truth')], predictions: [join(folder, 'said.jsonl')], allowMissing },
      ...each.settings,
    });
  };
  const rowOf = (id: string) => each.row(id, each.right);
  const [first = '', second = '', ...others] = each.ids;

  it('that are missing, there twice or of no question are an error that names them, or are listed', async () => {
    const faulty = [first, second, second, each.strange].map(rowOf);
    await expect(score(faulty)).rejects.toMatchObject({
      code: 'bench/bad-predictions',
      message: expect.stringContaining(
        `${others.length} missing (${others.join(', ')}); 1 duplicate (${second}); 1 unknown (${each.strange})`,
      ) as string,
    });
    expect(await score(faulty, true)).toMatchObject({
      missing: others.length + 1,
      faults: { missing: others, duplicate: [second], unknown: [each.strange], unparsable: [] },
    });
    expect((await score(each.ids.map(rowOf))).faults).toEqual({
      ...{ missing: [], duplicate: [], unknown: [], unparsable: [] },
    });
  });

  it.skipIf(each.unparsable === undefined)('that are no answer to the rule are listed', async () => {
    const rows = each.ids.map((id) => each.row(id, id === second ? (each.unparsable ?? '') : each.right));
    const { faults, missing } = await score(rows);
    expect({ faults, missing }).toMatchObject({ faults: { missing: [], unparsable: [second] }, missing: 0 });
  });
});

/** How far the tiny checkpoints are from transformers: `npm run bench:parity -w @fgam/models`. */
import { readdir } from 'node:fs/promises';
import { hiddenStates, visualRows } from '../src/families/hidden-states.test-support.js';
import { imagesOf, readTinyCheckpoint } from '../src/families/tiny-checkpoint.test-support.js';
import { loadPretrained } from '../src/checkpoint/load-pretrained.js';
import { createPretrainedGenerator } from '../src/generation/pretrained-generator.js';
import { instructionOf } from '../src/generation/instruction.js';
import { createVisualReader } from '../src/generation/visual-reader.js';

const folder = new URL('../test-fixtures/', import.meta.url);

function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = a.length < b.length ? Number.POSITIVE_INFINITY : 0;
  for (let i = 0; i < b.length; i++)
    most = Math.max(most, Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)));
  return most;
}

const rows: object[] = [];
const files = await readdir(folder, { recursive: true });
// The others are parts of models and exports of them.
for (const name of files.flatMap((file) => /^([^/\\]+).expected\.json$/.exec(file)?.[1] ?? []).sort()) {
  const tiny = await readTinyCheckpoint(name);
  const model = await loadPretrained(tiny.folder);
  const visual = createVisualReader(model);
  const generator = createPretrainedGenerator(model);
  const most = { visual: 0, hidden: 0, logits: 0, logprobs: 0 };
  let [same, all] = [0, 0];
  for (const [key, each] of Object.entries(tiny.cases)) {
    const images = imagesOf(tiny, each);
    const instruction = instructionOf(model, each.prompt, 0);
    const seen = await visual.of(images.map((image) => ({ image, instruction })));
    for (const [row, { data }] of visualRows(tiny, key).entries())
      most.visual = Math.max(most.visual, difference(seen[row]?.data ?? [], data));
    for (const [state, { data }] of Object.entries(await hiddenStates(model, tiny, [key]))) {
      const kind = state === 'logits' ? 'logits' : 'hidden';
      most[kind] = Math.max(
        most[kind],
        difference(data, tiny.tensors[`${key}/${state}`]?.data ?? [Number.NaN]),
      );
    }
    const [said] = await generator.generate([{ prompt: each.prompt, images, maxTokens: each.tokens.length }]);
    most.logprobs = Math.max(most.logprobs, difference(said?.logprobs ?? [], each.logprobs));
    same += each.tokens.filter((token, i) => said?.tokens[i] === token).length;
    all += each.tokens.length;
  }
  await Promise.all([visual.dispose(), generator.dispose()]);
  const exact = Object.fromEntries(
    Object.entries(most).map(([kind, value]) => [kind, value.toExponential(1)]),
  );
  rows.push({ checkpoint: name, ...exact, 'greedy tokens': `${same} of ${all}` });
}
console.table(rows);

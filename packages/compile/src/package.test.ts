import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('a bundle for plain Node registers gradients: nothing takes them for unused', async () => {
  // Inside the package, so that the bundle finds what it imports.
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bundle-'));
  try {
    const outfile = join(folder, 'index.mjs');
    const entry = fileURLToPath(new URL('index.ts', import.meta.url));
    await build({
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      outfile,
    });
    const script = `
      import { createFunction } from ${JSON.stringify(outfile)};
      import * as tf from '@tensorflow/tfjs-core';
      const f = createFunction((_weights, { x }) => ({ y: tf.grad((z) => tf.sum(tf.square(z)))(x) }));
      const { y } = await f.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(3, 4) } });
      console.log(y.data.join());`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(output.trim().split('\n').at(-1)).toBe('6,8');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

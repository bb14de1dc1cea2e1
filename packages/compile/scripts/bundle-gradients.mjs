#!/usr/bin/env node
/**
 * Bundles tfjs-core's gradient definitions into `src/generated`, where Node can import them: the files of
 * `@tensorflow/tfjs-core/dist` import each other without extensions, which Node's ESM loader refuses. tfjs keeps its engine and
 * its kernel and gradient registries on the global object, so the bundle registers into the tfjs-core that the program imports.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const out = fileURLToPath(new URL('../src/generated/', import.meta.url));

/**
 * Faults of tfjs's gradients, each with what is put in its place.
 * - Prod calls `x.reshape(...)`, a method that only the whole package `@tensorflow/tfjs` adds to tensors; the function of that name is
 *   imported there anyway.
 * - Cumsum transposes a gradient that has x's axes in x's order already: wrong in silence for square matrices.
 */
const CORRECTIONS = {
  Prod_grad: [/(\w+)\.reshape\(/g, 'reshape($1, '],
  Cumsum_grad: [/out = transpose\(out, permutation\);/, ''],
};

const corrections = {
  name: 'corrections',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]gradients[\\/](Prod|Cumsum)_grad\.js$/ }, ({ path }) => {
      const [fault, correction] = CORRECTIONS[basename(path, '.js')];
      const text = readFileSync(path, 'utf8');
      if (text.search(fault) < 0)
        throw new Error(`${path}: tfjs has changed; look whether it needs the correction`);
      return { contents: text.replace(fault, correction), loader: 'js' };
    });
  },
};

mkdirSync(out, { recursive: true });
await build({
  entryPoints: [require.resolve('@tensorflow/tfjs-core/dist/register_all_gradients.js')],
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  plugins: [corrections],
  legalComments: 'none',
  banner: { js: '/* Made by scripts/bundle-gradients.mjs from @tensorflow/tfjs-core (Apache-2.0). */' },
  outfile: `${out}register-gradients.cjs`,
  logLevel: 'error',
});
writeFileSync(`${out}register-gradients.d.cts`, 'export {};\n');

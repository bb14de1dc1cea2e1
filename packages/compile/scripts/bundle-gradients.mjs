#!/usr/bin/env node
/**
 * Bundles tfjs-core's gradient definitions into `src/generated`, where Node can import them: the files of
 * `@tensorflow/tfjs-core/dist` import each other without extensions, which Node's ESM loader refuses. tfjs keeps its engine and
 * its kernel and gradient registries on the global object, so the bundle registers into the tfjs-core that the program imports.
 * What is wrong in them is put right in `src/gradients`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const out = fileURLToPath(new URL('../src/generated/', import.meta.url));

mkdirSync(out, { recursive: true });
await build({
  entryPoints: [require.resolve('@tensorflow/tfjs-core/dist/register_all_gradients.js')],
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  banner: { js: '/* Made by scripts/bundle-gradients.mjs from @tensorflow/tfjs-core (Apache-2.0). */' },
  outfile: `${out}register-gradients.cjs`,
  logLevel: 'error',
});
writeFileSync(`${out}register-gradients.d.cts`, 'export {};\n');

#!/usr/bin/env node
/** Compiles `assembly/resample.ts` (AssemblyScript) into `src/generated/resample-wasm.ts`, a module that holds the WebAssembly as base64. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('../assembly/', import.meta.url));
const out = fileURLToPath(new URL('../src/generated/', import.meta.url));

let wasm;
const { error, stderr } = await asc.main(
  ['resample.ts', '--outFile', 'resample.wasm', '-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert'],
  {
    readFile: (path) => (existsSync(`${folder}${path}`) ? readFileSync(`${folder}${path}`, 'utf8') : null),
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  },
);
if (error) throw new Error(`build-wasm: resample.ts: ${error.message}\n${stderr.toString()}`);
mkdirSync(out, { recursive: true });
writeFileSync(
  `${out}resample-wasm.ts`,
  `/** Made by scripts/build-wasm.mjs from assembly/resample.ts. */\nexport const resampleWasm = '${Buffer.from(wasm).toString('base64')}';\n`,
);

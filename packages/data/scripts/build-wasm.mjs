#!/usr/bin/env node
/** Compiles AssemblyScript of `assembly/` into `src/generated`: modules that hold the WebAssembly as base64. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('../assembly/', import.meta.url));
const out = fileURLToPath(new URL('../src/generated/', import.meta.url));

mkdirSync(out, { recursive: true });
const read = (path) => (existsSync(`${folder}${path}`) ? readFileSync(`${folder}${path}`, 'utf8') : null);
for (const name of ['resample', 'jpeg', 'unjpeg']) {
  const file = `${name}.ts`;
  let wasm;
  const { error, stderr } = await asc.main(
    [file, '--outFile', `${name}.wasm`, '-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert'],
    {
      readFile: read,
      writeFile: (_, contents) => {
        wasm = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`build-wasm: ${file}: ${error.message}\n${stderr.toString()}`);
  const text = Buffer.from(wasm).toString('base64');
  writeFileSync(
    `${out}${name}-wasm.ts`,
    `/** Made by scripts/build-wasm.mjs from assembly/${file}. */\nexport const ${name}Wasm = '${text}';\n`,
  );
}

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { ICD, isSwiftshaderAbsent, VULKAN } from './swiftshader.test-support.js';

/** Runs lines of TypeScript in a process of their own, with what they import by its file's name. */
function run(lines: string, env: Readonly<Record<string, string>>) {
  const imports = ['compiled-function', 'backends'].map((name) => {
    const path = JSON.stringify(new URL(`${name}.ts`, import.meta.url).pathname);
    return `import * as ${name.replace(/-(.)/, (_, letter: string) => letter.toUpperCase())} from ${path};`;
  });
  const script = [`import * as tf from '@tensorflow/tfjs-core';`, ...imports, lines].join('\n');
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const cwd = new URL('.', import.meta.url);
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('tfjs-webgpu', () => {
  test.skipIf(isSwiftshaderAbsent)(
    `what the device refuses is an error, and is told once (needs ${ICD})`,
    () => {
      const { status, stdout, stderr } = run(
        `
        const f = compiledFunction.createFunction((_, { x }) => ({ y: tf.add(x, 1) }), { backend: 'tfjs-webgpu' });
        const x = { shape: [1], dtype: 'float32', data: Float32Array.of(1) };
        console.log((await f.run({ x })).y.data.join());
        // No buffer may be of no use.
        tf.findBackend('webgpu').device.createBuffer({ size: 4, usage: 0 });
        console.log(await f.run({ x }).then(() => 'ran', ({ code, message }) => code + ' ' + message));
        console.log((await f.run({ x })).y.data.join());`,
        VULKAN,
      );
      expect(status, stderr).toBe(0);
      const [before, refusal, after] = stdout.trim().split('\n');
      expect([before, after]).toEqual(['2', '2']);
      expect(refusal).toMatch(
        /^compile\/device-fault tfjs-webgpu: the device refused what it was asked \(1 times\).*usages must not be 0/,
      );
    },
  );

  test.skipIf(process.platform !== 'linux')('without a device it is refused, with what is missing', () => {
    const { status, stdout, stderr } = run(
      `console.log(await backends.findBackends('tfjs-webgpu').then(() => 'found', ({ code, message }) => code + ' ' + message));`,
      { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' },
    );
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).toMatch(/^compile\/no-backend tfjs-webgpu is not here: no GPU found/);
  });
});

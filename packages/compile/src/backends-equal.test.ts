import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from './backend.js';
import { findBackends } from './backends.js';
import { FgamError } from './error.js';
import { ICD, isSwiftshaderAbsent, VULKAN } from './swiftshader.test-support.js';

const SCRIPT = fileURLToPath(new URL('train-losses.test-support.ts', import.meta.url));

/** One update as the script reports it. */
interface Update {
  readonly loss: number;
  readonly gradientNorm: number;
}

const UPDATES = 5;
/** Of tfjs on a GPU that is imitated: each is four hundred programs for it, of milliseconds each. */
const FEW_UPDATES = 3;

/**
 * Runs the training script on a backend, in a process of its own: some want variables, and
 * some can end their process.
 */
function trainOn(
  backend: Backend,
  env: Readonly<Record<string, string>> = {},
  updates = UPDATES,
): readonly Update[] {
  const args = ['--import', 'tsx', SCRIPT, backend, String(updates)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as readonly Update[];
}

/**
 * How far a backend's losses and gradient norms may be from those of tfjs-cpu, relative to them, over five
 * updates. On processors sums differ in their order alone: 1.6e-7 was seen. WebGPU's shading language
 * leaves exp and pow a larger error: 1.7e-5 was seen. No other GPU has been seen: CUDA's products may
 * round to TensorFloat-32.
 */
const TOLERANCE = { processor: 1e-6, webgpu: 1e-4, gpu: 1e-3 };

let expected: readonly Update[];

function expectEqual(actual: readonly Update[], tolerance: number, updates = UPDATES): void {
  expect(actual).toHaveLength(updates);
  actual.forEach((update, i) => {
    for (const key of ['loss', 'gradientNorm'] as const) {
      const reference = (expected[i] as Update)[key];
      expect(Math.abs(update[key] - reference) / reference, `${key} of update ${i + 1}`).toBeLessThan(
        tolerance,
      );
    }
  });
}

/** Why a backend is not here; undefined when it is. */
async function absence(backend: Backend): Promise<string | undefined> {
  try {
    await findBackends(backend);
    return undefined;
  } catch (error) {
    if (error instanceof FgamError && error.code === 'compile/no-backend') return error.message;
    throw error;
  }
}

/** Backends that a machine may lack, and why this one does. */
const elsewhere = await Promise.all(
  (
    [
      ['tfjs-node', TOLERANCE.processor],
      ['tfjs-node-gpu', TOLERANCE.gpu],
      ['ort-cuda', TOLERANCE.gpu],
      ['ort-dml', TOLERANCE.gpu],
      ['ort-coreml', TOLERANCE.gpu],
    ] as const
  ).map(async ([backend, tolerance]) => ({ backend, tolerance, reason: await absence(backend) })),
);

/** Processes that start anew, and a GPU that is imitated: on a busy machine each takes minutes. */
const timeout = 600_000;

describe('the same training script on every backend: updates of a tiny language model', {
  timeout,
}, () => {
  beforeAll(() => {
    expected = trainOn('tfjs-cpu');
  }, timeout);

  test('tfjs-cpu: the reference learns', () => {
    expect(expected).toHaveLength(UPDATES);
    const [first, ...later] = expected.map(({ loss }) => loss);
    // It starts near log 11, guessing among as many tokens, and is clipped to 0.5 in each update.
    expect(first).toBeGreaterThan(Math.log(11));
    for (const loss of later) expect(loss).toBeLessThan(first as number);
    for (const { gradientNorm } of expected) expect(gradientNorm).toBeGreaterThan(0.5);
  });

  test.each(['ort-cpu', 'tfjs-wasm'] as const)('%s: equal to 1e-6', (backend) => {
    expectEqual(trainOn(backend), TOLERANCE.processor);
  });

  test.skipIf(isSwiftshaderAbsent).each([
    ['ort-webgpu', UPDATES],
    ['tfjs-webgpu', FEW_UPDATES],
  ] as const)(`%s on SwiftShader, %i updates: equal to 1e-4 (needs ${ICD})`, (backend, updates) => {
    expectEqual(trainOn(backend, VULKAN, updates), TOLERANCE.webgpu, updates);
  });

  for (const { backend, tolerance, reason } of elsewhere) {
    test.skipIf(reason !== undefined)(
      `${backend}: equal to ${tolerance.toExponential()}${reason === undefined ? '' : ` (${reason})`}`,
      () => {
        expectEqual(trainOn(backend), tolerance);
      },
    );
  }
});

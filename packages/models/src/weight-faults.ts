import type { Weights } from '@fgam/compile';
import { modelsError } from './error.js';
import type { WeightSpec } from './weight-specs.js';

/** Every way in which weights are not those of some specs: missing, of another shape or type, not expected. */
export function weightFaults(
  specs: readonly Pick<WeightSpec, 'name' | 'shape'>[],
  weights: Weights,
): string[] {
  const wanted = new Set(specs.map(({ name }) => name));
  const faults = specs.flatMap(({ name, shape }) => {
    const found = weights[name];
    if (found === undefined) return [`missing ${name} [${shape.join(', ')}]`];
    const isSame = found.dtype === 'float32' && found.shape.join() === shape.join();
    return isSame
      ? []
      : [`${name}: expected float32 [${shape.join(', ')}], got ${found.dtype} [${found.shape.join(', ')}]`];
  });
  const odd = Object.keys(weights).filter((name) => !wanted.has(name));
  return [...faults, ...odd.map((name) => `unexpected ${name}`)];
}

/** The error that lists every fault of some weights. */
export function badWeights(expected: string, faults: readonly string[]): Error {
  return modelsError(
    'models/bad-weights',
    `${expected}, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
}

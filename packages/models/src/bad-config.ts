import { modelsError } from './error.js';

/** What a schema found wrong, a line a fault, each with the path of its key. */
export function schemaFaults(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string[] {
  return issues.map(({ path, message }) => `${path.map(String).join('.') || '(root)'}: ${message}`);
}

/** The error that lists every fault of a config. */
export function badConfig(expected: string, faults: readonly string[]): Error {
  return modelsError(
    'models/bad-config',
    `${expected}, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
}

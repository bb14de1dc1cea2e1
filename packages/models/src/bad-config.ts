import { listFaults, type SchemaFaults } from '@fgam/data';
import { modelsError } from './error.js';

/** What a schema found wrong, a line a fault, each with the path of its key. */
export function schemaFaults(error: SchemaFaults): string[] {
  return listFaults(error, '(root)');
}

/** The error that lists every fault of a config. */
export function badConfig(expected: string, faults: readonly string[]): Error {
  return modelsError(
    'models/bad-config',
    `${expected}, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
}

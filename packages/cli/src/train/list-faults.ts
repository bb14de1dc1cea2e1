import { listFaults as faultsOf, type SchemaFaults } from '@fgam/data';

/** Each fault of a config with its path; an unknown key has a line of its own. */
export function listFaults(error: SchemaFaults): string[] {
  return faultsOf(error, 'config');
}

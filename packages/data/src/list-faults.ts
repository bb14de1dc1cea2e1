/** What zod's errors tell. */
export interface SchemaFaults {
  readonly issues: readonly {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    /** Of an object that takes no others, those that it does not know. */
    readonly keys?: readonly string[];
  }[];
}

/**
 * Each fault that a schema found, with its path; an unknown key has a line of its own.
 *
 * @param whole - what a fault of the whole value is called by. Default: it is told alone
 * @example
 * ```ts
 * import { listFaults } from '@fgam/data';
 *
 * const issues = [{ path: ['steps'], message: 'Invalid input: expected number' }, { path: [], message: '', keys: ['step'] }];
 * if (listFaults({ issues }, 'config').join() !== 'steps: expected number,step: unknown key') throw new Error('other faults');
 * ```
 */
export function listFaults({ issues }: SchemaFaults, whole = ''): string[] {
  return issues.flatMap(({ path, message, keys }) => {
    const place = path.map(String);
    if (keys !== undefined) return keys.map((key) => `${[...place, key].join('.')}: unknown key`);
    const name = place.join('.') || whole;
    return [`${name === '' ? '' : `${name}: `}${message.replace(/^Invalid input: /, '')}`];
  });
}

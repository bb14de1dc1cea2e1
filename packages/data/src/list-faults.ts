import { faultWords, type SchemaIssue } from './fault-words.js';

/** What zod's errors tell. */
export interface SchemaFaults {
  readonly issues: readonly SchemaIssue[];
}

/**
 * Each fault that a schema found, with its path, in this project's words; an unknown key has a line of its
 * own. Where a value has several forms and is of the type of one, the faults are those of that form.
 *
 * @param whole - what a fault of the whole value is called by. Default: it is told alone
 * @example
 * ```ts
 * import { listFaults } from '@fgam/data';
 *
 * const issues = [
 *   { path: ['steps'], code: 'too_small', origin: 'number', minimum: 1, message: 'Too small: expected number to be >=1' },
 *   { path: [], message: 'Unrecognized key: "step"', keys: ['step'] },
 * ];
 * if (listFaults({ issues }, 'config').join() !== 'steps: expected a number of at least 1,step: unknown key')
 *   throw new Error('other faults');
 * ```
 */
export function listFaults({ issues }: SchemaFaults, whole = ''): string[] {
  return issues.flatMap((issue) => {
    const { path, keys, errors = [] } = issue;
    const place = path.map(String);
    if (keys !== undefined) return keys.map((key) => `${[...place, key].join('.')}: unknown key`);
    const alike = errors.filter((form) =>
      form.every(({ path: [first], keys: unknown }) => first !== undefined || unknown),
    );
    if (alike.length === 1 && errors.length > 1)
      return listFaults(
        { issues: (alike[0] ?? []).map((form) => ({ ...form, path: [...path, ...form.path] })) },
        whole,
      );
    const name = place.join('.') || whole;
    return [`${name === '' ? '' : `${name}: `}${faultWords(issue)}`];
  });
}

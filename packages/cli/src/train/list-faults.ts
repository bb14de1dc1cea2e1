import type { z } from 'zod';

/** Each fault of a config with its path; an unknown key has a line of its own. */
export function listFaults(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${[...path, key].join('.')}: unknown key`);
    return [`${path.join('.') || 'config'}: ${issue.message.replace(/^Invalid input: /, '')}`];
  });
}

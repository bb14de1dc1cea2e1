import { benchError } from '../error.js';

/**
 * A template with `{}` where the values go, in order, as Python's `format` fills it.
 *
 * @throws FgamError `bench/bad-input` where the template has another number of places
 */
export function fillPrompt(task: string, template: string, values: readonly string[]): string {
  const parts = template.split('{}');
  if (parts.length !== values.length + 1)
    throw benchError(
      'bench/bad-input',
      `${task}: expected a judge's prompt with ${values.length} places {}, got ${parts.length - 1}; take the official text as it stands`,
    );
  return parts.map((part, index) => part + (values[index] ?? '')).join('');
}

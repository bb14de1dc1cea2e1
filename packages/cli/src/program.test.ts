import { expect, test } from 'vitest';
import { fgam } from './commands/command.test-support.js';

test('a name that no command has gets the nearest one, of all', async () => {
  const { code, err } = await fgam('tran');
  expect(code).toBe(2);
  expect(err).toContain('(Did you mean train?)');
});

test('the version needs no command', async () => {
  expect(await fgam('--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
});

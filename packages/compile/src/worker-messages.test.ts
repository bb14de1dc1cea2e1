import { expect, test } from 'vitest';
import { FgamError } from './error.js';
import { errorOf, errorRecord } from './worker-messages.js';

/** As `postMessage` would hand it over. */
const crossed = (thrown: unknown): Error => errorOf(structuredClone(errorRecord(thrown)));

test('an error of ours crosses with its code, message, stack and causes', () => {
  const system = Object.assign(new RangeError('too many'), { code: 'ENOENT' });
  const error = new FgamError('compile/bad-graph', 'refused', { cause: new Error('why', { cause: system }) });
  const got = crossed(error);
  expect(got).toBeInstanceOf(FgamError);
  expect(got).toMatchObject({ name: 'FgamError', code: 'compile/bad-graph', message: 'refused' });
  expect(got.stack).toBe(error.stack);
  expect(got.cause).toMatchObject({ message: 'why' });
  expect((got.cause as Error).cause).toMatchObject({
    name: 'RangeError',
    message: 'too many',
    code: 'ENOENT',
  });
});

test('other errors get no code that they did not have; what is no error becomes one', () => {
  const got = crossed(new TypeError('no'));
  expect(got).not.toBeInstanceOf(FgamError);
  expect(got).toMatchObject({ name: 'TypeError', message: 'no' });
  expect('code' in got || 'cause' in got).toBe(false);
  expect(crossed('a text')).toMatchObject({ name: 'Error', message: 'a text' });
});

import { expect, test } from 'vitest';
import { z } from 'zod';
import { listFaults } from './list-faults.js';

test('each fault with its path, unknown keys one by one, the whole by the name that is given', () => {
  const schema = z.strictObject({ steps: z.int(), deep: z.strictObject({ on: z.boolean() }) });
  const of = (value: unknown) => {
    const { error } = schema.safeParse(value);
    return error === undefined ? [] : listFaults(error, 'config');
  };
  expect(of({ steps: 1, deep: { on: true } })).toEqual([]);
  expect(of({ steps: 'x', deep: { on: true, a: 1, b: 2 }, c: 3 })).toEqual([
    'steps: expected number, received string',
    'deep.a: unknown key',
    'deep.b: unknown key',
    'c: unknown key',
  ]);
  expect(of(7)).toEqual(['config: expected object, received number']);
  const { error } = schema.safeParse(7);
  expect(error && listFaults(error)).toEqual(['expected object, received number']);
});

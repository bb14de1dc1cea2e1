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
    'steps: expected a number, got a string',
    'deep.a: unknown key',
    'deep.b: unknown key',
    'c: unknown key',
  ]);
  expect(of(7)).toEqual(['config: expected an object, got a number']);
  const { error } = schema.safeParse(7);
  expect(error && listFaults(error)).toEqual(['expected an object, got a number']);
});

test('in words: types, sizes, choices, and the form that a value is of', () => {
  const schema = z.object({
    whole: z.int(),
    above: z.number().positive(),
    most: z.number().max(1),
    below: z.number().lt(1),
    eight: z.number().multipleOf(8),
    some: z.array(z.string()).min(1),
    name: z.string().min(2),
    digits: z.string().regex(/^\d+$/),
    own: z.string().regex(/^a$/, 'the letter a'),
    link: z.url(),
    choice: z.enum(['x', 'y']),
    only: z.literal(3),
    rate: z.union([z.literal('auto'), z.number()]),
    adapter: z.union([z.string(), z.strictObject({ rank: z.int().min(1) })]),
    shape: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('p') }),
      z.object({ kind: z.literal('q') }),
    ]),
  });
  const { error } = schema.safeParse({
    whole: 0.5,
    above: 0,
    most: 2,
    below: 1,
    eight: 9,
    some: [],
    name: 'a',
    digits: 'a',
    own: 'b',
    link: 'no',
    choice: 'z',
    only: 4,
    rate: true,
    adapter: { rank: 0, alpha: 1 },
    shape: { kind: 'r' },
  });
  expect(error && listFaults(error)).toEqual([
    'whole: expected a whole number',
    'above: expected a number above 0',
    'most: expected a number of at most 1',
    'below: expected a number below 1',
    'eight: expected a multiple of 8',
    'some: expected at least 1 item',
    'name: expected at least 2 characters',
    'digits: expected a string like /^\\d+$/',
    'own: the letter a',
    'link: expected a URL',
    'choice: expected one of "x", "y"',
    'only: expected 3',
    'rate: expected "auto", or a number',
    'adapter.rank: expected a number of at least 1',
    'adapter.alpha: unknown key',
    'shape.kind: expected one of "p", "q"',
  ]);
  const missing = z.object({ steps: z.int(), on: z.boolean() }).safeParse({}).error;
  expect(missing && listFaults(missing)).toEqual([
    'steps: expected a number, got nothing',
    'on: expected true or false, got nothing',
  ]);
});

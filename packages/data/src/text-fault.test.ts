import { describe, expect, it } from 'vitest';
import { findTextFault, MAX_TEXT_LENGTH } from './text-fault.js';

describe('findTextFault', () => {
  it.each(['a dog', 'ein Hündchen 🐶', 'zwei\nZeilen'])('finds nothing in %j', (text) => {
    expect(findTextFault(text)).toBeUndefined();
  });

  it.each([
    ['', 'no-text'],
    [' \n', 'no-text'],
    [Buffer.from([0x61, 0xff, 0xfe]).toString('utf8'), 'bad-text'],
    ['a\0b', 'bad-text'],
    ['half a pair \ud83d', 'bad-text'],
    ['a'.repeat(MAX_TEXT_LENGTH + 1), 'bad-text'],
  ])('refuses %j', (text, reason) => {
    expect(findTextFault(text)).toMatchObject({ reason });
  });
});

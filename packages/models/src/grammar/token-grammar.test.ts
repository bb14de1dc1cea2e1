import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { readTinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { followGrammar } from './follow-grammar.js';
import { createPatternGrammars } from './pattern-grammars.js';
import type { TokenBytes } from './token-bytes.js';

const utf8 = new TextEncoder();
/** Tokens of one to three bytes, also of bytes within characters, and one without a text. */
const letters = ['', 'a', 'b', 'ab', 'ba', 'aba', ' ', ' a', 'é', '红', '🙂', 'a🙂', '\\', ';'].map((text) =>
  utf8.encode(text),
);
const bytes = [0xc3, 0xa9, 0xe7, 0xba, 0xa2, 0xf0, 0x9f, 0x99, 0x82, 0xed, 0xa0, 0x80].map((byte) =>
  Uint8Array.of(byte),
);
const tokens = [...letters, ...bytes];
const grammarOf = createPatternGrammars(tokens.length, (id) =>
  tokens[id]?.length === 0 ? undefined : tokens[id],
);

const patterns = [
  'a|ab|abc?',
  '(?:ab)+',
  'a{2,5}b',
  '(?:a|b|é| )*',
  '[^a]{1,4}',
  '[^\\s\\\\;]+(?: [^\\s\\\\;]+)*',
  '.',
  '[\\u{10000}-\\u{1ffff}]b?',
  '[^\\x00-\\u07ff]{2}',
  '[\\ud7ff-\\ue001\\u7ea2]a',
];

/**
 * Says tokens that are allowed, as a stream of numbers 0..1 chooses, until there are none or the text may
 * end and the stream says so.
 */
function walk(pattern: string, maxTokens: number, stream: () => number): number[] {
  const grammar = grammarOf(pattern);
  const place = followGrammar(grammar);
  const said: number[] = [];
  while (said.length < maxTokens) {
    const left = maxTokens - said.length;
    if (place.mayEnd() && (place.isOver(left) || stream() < 0.2)) break;
    const allowed = [...tokens.keys()].filter((token) => place.allows(token, left));
    expect(allowed.length).toBeGreaterThan(0);
    const token = allowed[Math.floor(stream() * allowed.length)] ?? 0;
    place.take(token);
    said.push(token);
  }
  expect(place.mayEnd()).toBe(true);
  return said;
}

describe('createTokenGrammar', () => {
  it.each(patterns)('lets no walk leave %s, however few tokens it has', (pattern) => {
    const grammar = grammarOf(pattern);
    const least = grammar.rest(grammar.start);
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    const uniform = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.infiniteStream(uniform), (more, stream) => {
        const said = walk(pattern, least + more, () => stream.next().value as number);
        const text = Buffer.concat(said.map((token) => tokens[token] ?? new Uint8Array()));
        expect(isUtf8(text)).toBe(true);
        expect(grammar.textOf(said)).toMatch(whole);
      }),
      { numRuns: 200 },
    );
  });

  it.each(patterns)('lets each spelling of each text of %s through, with no token to spare', (pattern) => {
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    const some = fc.array(fc.integer({ min: 1, max: tokens.length - 1 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(some, (said) => {
        const text = Buffer.concat(said.map((token) => tokens[token] ?? new Uint8Array()));
        const place = followGrammar(grammarOf(pattern));
        const isAllowed = said.every((token, i) => {
          const allowed = place.allows(token, said.length - i);
          if (allowed) place.take(token);
          return allowed;
        });
        const spelled = text.toString();
        // The blank before a text is not its own.
        const fits =
          isUtf8(text) && (spelled.startsWith(' ') ? whole.test(spelled.slice(1)) : whole.test(spelled));
        expect(isAllowed && place.mayEnd()).toBe(fits);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows how many tokens are needed, and what can not be spelled', () => {
    const rest = (pattern: string): number => {
      const grammar = grammarOf(pattern);
      return grammar.rest(grammar.start);
    };
    // aba + b; a + b + a + b is longer.
    expect(rest('abab')).toBe(2);
    expect(rest('(?:abab)?')).toBe(0);
    // In one token, not in the four of its bytes.
    expect(rest('🙂')).toBe(1);
    expect(rest('c')).toBe(Number.POSITIVE_INFINITY);
    // No text of it ends, so that none begins.
    const lost = grammarOf('a*c');
    expect(followGrammar(lost).allows(1, 100)).toBe(false);
  });

  it('refuses what is no regular expression or has assertions', () => {
    for (const pattern of ['a(', '^a', 'a(?=b)', '\\bx']) expect(() => grammarOf(pattern)).toThrow();
  });
});

describe.each(['tiny-llava', 'tiny-qwen2-vl'])('the vocabulary of %s', (name) => {
  let bytesOf: TokenBytes;
  let encode: (text: string) => number[];
  let grammars: ReturnType<typeof createPatternGrammars>;
  beforeAll(async () => {
    const { tokenizer } = await loadPretrained((await readTinyCheckpoint(name)).folder);
    ({ bytesOf } = tokenizer);
    encode = (text) => tokenizer.encode(text, { isPart: true });
    grammars = createPatternGrammars(tokenizer.size, bytesOf);
  });

  it('spells any text by the tokens that its tokenizer makes of it', () => {
    const pattern = '[^\\s\\\\;]+(?: [^\\s\\\\;]+)*';
    const text = fc.stringMatching(new RegExp(`^${pattern}$`, 'u'), { maxLength: 8 });
    fc.assert(
      fc.property(text, (wanted) => {
        fc.pre(!/\p{Surrogate}/u.test(wanted));
        const place = followGrammar(grammars(pattern));
        for (const token of encode(wanted)) {
          expect(place.allows(token, 100)).toBe(true);
          place.take(token);
        }
        expect(place.mayEnd()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { readTinyCheckpoint, TINY_CHECKPOINTS } from '../families/tiny-checkpoint.test-support.js';
import { createTokenizer } from '../tokenizer.js';
import type { TokenBytes } from './token-bytes.js';

/** The text of tokens by their bytes; `U+FFFD` where they are no UTF-8, each run of bytes on its own. */
function textOf(tokens: readonly number[], bytesOf: TokenBytes): string {
  return Buffer.concat(tokens.map((token) => bytesOf(token) ?? new Uint8Array())).toString();
}

describe.each(TINY_CHECKPOINTS)('bytesOf, %s', (name) => {
  it('spells what decoding gives, whatever the tokens', async () => {
    const { tokenizer } = await loadPretrained((await readTinyCheckpoint(name)).folder);
    const ids = fc.array(fc.integer({ min: 0, max: tokenizer.size - 1 }), { minLength: 1, maxLength: 12 });
    let compared = 0;
    fc.assert(
      fc.property(ids, (tokens) => {
        const text = textOf(tokens, tokenizer.bytesOf);
        // Decoders differ in how many U+FFFD broken bytes become.
        if (text.includes('\uFFFD')) return;
        compared += 1;
        expect(text.replace(/^ /, '')).toBe(tokenizer.decode(tokens).replace(/^ /, ''));
      }),
      { numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(50);
  });

  it('spells a text in any script by its own tokens', async () => {
    const { tokenizer } = await loadPretrained((await readTinyCheckpoint(name)).folder);
    for (const text of ['a red circle', 'añadir 红色 🙂', 'not; \\ wrong']) {
      const spelled = textOf(tokenizer.encode(text, { isPart: true }), tokenizer.bytesOf);
      expect(spelled.replace(/^ /, '')).toBe(text);
    }
  });
});

it('spells the words of a word-level tokenizer, each with a space before it', () => {
  const tokenizer = createTokenizer(['a', 'red', '?', ';']);
  const tokens = tokenizer.encode('a red ; <loc_3> ?');
  expect(textOf(tokens, tokenizer.bytesOf)).toBe(' a red ; <loc_3> ?');
  for (const special of [tokenizer.padId, tokenizer.eosId, tokenizer.imageId])
    expect(tokenizer.bytesOf(special)).toBeUndefined();
});

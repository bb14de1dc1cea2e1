import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { chunkPhrases, type PhraseTokenizer } from './chunk-phrases.js';
import { TINY_FOLDER } from './detector.test-support.js';

const json = JSON.parse(await readFile(join(TINY_FOLDER, 'tokenizer.json'), 'utf8')) as object;
const config = JSON.parse(await readFile(join(TINY_FOLDER, 'tokenizer_config.json'), 'utf8')) as object;
const inner = new Tokenizer(json, config);
const tokenizer: PhraseTokenizer = {
  unkId: inner.token_to_id('[UNK]'),
  encode: (text, { whole }) => inner.encode(text, { add_special_tokens: whole }).ids,
};

/** The tokens of each phrase. */
function spansOf(phrases: readonly string[], maxTokens: number) {
  return chunkPhrases(phrases, tokenizer, maxTokens).map(({ text, ids, spans }) => ({
    text,
    ids: ids.length,
    spans: spans.map(({ label, start, end }) => [
      label,
      ...ids.slice(start, end).map((id) => inner.id_to_token(id)),
    ]),
  }));
}

describe('chunkPhrases', () => {
  it('joins phrases in lower case and knows the tokens of each', () => {
    expect(spansOf(['A  Cat', 'remote-control', 'reddish reds.'], 256)).toEqual([
      {
        text: 'a cat. remote-control. reddish reds.',
        // [CLS] a cat . remote - control . [UNK] red ##s . [SEP]
        ids: 13,
        spans: [
          ['A  Cat', 'a', 'cat'],
          ['remote-control', 'remote', '-', 'control'],
          ['reddish reds.', '[UNK]', 'red', '##s'],
        ],
      },
    ]);
  });

  it('begins a new text where the next phrase would not fit', () => {
    // [CLS] a cat . red . [SEP] has 7 tokens
    const texts = (maxTokens: number) =>
      spansOf(['a cat', 'red', 'green', 'blue'], maxTokens).map(({ text }) => text);
    expect(texts(11)).toEqual(['a cat. red. green. blue.']);
    expect(texts(10)).toEqual(['a cat. red. green.', 'blue.']);
    expect(texts(7)).toEqual(['a cat. red.', 'green. blue.']);
    expect(texts(6)).toEqual(['a cat.', 'red. green.', 'blue.']);
    for (const { ids } of spansOf(['a cat', 'red', 'green', 'blue'], 6)) expect(ids).toBeLessThanOrEqual(6);
  });

  it('takes stops and question marks, which end phrases, out of a phrase', () => {
    expect(spansOf(['a red. cat?'], 256)[0]?.text).toBe('a red cat.');
  });

  it('asks once for what differs in case, spaces or stops only, and nothing for nothing', () => {
    expect(spansOf(['Cat', 'cat.', ' CAT', 'red'], 256)).toMatchObject([
      {
        text: 'cat. red.',
        spans: [
          ['Cat', 'cat'],
          ['red', 'red'],
        ],
      },
    ]);
    expect(chunkPhrases([], tokenizer, 256)).toEqual([]);
  });

  it('refuses, all at once, phrases that are empty, too long or unknown', () => {
    const refused = () => chunkPhrases(['red', ' . ', 'a a a a', 'zebra', '?'], tokenizer, 6);
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'label/bad-phrase',
        message: expect.stringMatching(
          /" \. " has no words; "a a a a" has 4 tokens, more than 3; "zebra" has no token that the model knows; "\?" has no words/,
        ) as string,
      }),
    );
  });

  it('refuses a tokenizer that joins phrases', () => {
    const joining: PhraseTokenizer = {
      unkId: 1,
      encode: (text, { whole }) => (whole ? [2, text.length, 3] : [...text].map(() => 7)),
    };
    expect(() => chunkPhrases(['a', 'b'], joining, 256)).toThrow(
      expect.objectContaining({ code: 'label/bad-model' }),
    );
  });
});

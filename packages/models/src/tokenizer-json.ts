import { z } from 'zod';
import { schemaFaults } from './bad-config.js';
import { modelsError } from './error.js';
import { LOCATION_TOKENS, SPECIAL_TOKENS } from './tokenizer-specials.js';

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() })),
  model: z.looseObject({
    type: z.string(),
    vocab: z.union([z.record(z.string(), z.int().nonnegative()), z.array(z.unknown())]),
    /** None where bytes spell every text. */
    unk_token: z.string().nullish(),
  }),
});

/** A value in Hugging Face's `tokenizer.json` format, as far as this package looks into it. */
export type TokenizerJson = z.output<typeof schema>;

/** Tokens that decoding leaves out. The role words stay, so that a conversation decodes to itself. */
const SILENT: readonly string[] = ['<pad>', '<eos>', '<image>'];

/** The `tokenizer.json` of a word-level vocabulary: special tokens, location tokens, words. */
export function tokenizerJson(words: readonly string[]): TokenizerJson {
  const added = [...SPECIAL_TOKENS, ...LOCATION_TOKENS];
  const vocab = Object.fromEntries([...added, ...words].map((token, id) => [token, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: SILENT.includes(content),
    })),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'Isolated' }],
    },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: '<unk>' },
  };
}

/** Checks a `tokenizer.json` value. @throws FgamError `models/bad-tokenizer` that lists every fault */
export function readTokenizerJson(json: unknown): TokenizerJson {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = schemaFaults(parsed.error);
  throw modelsError(
    'models/bad-tokenizer',
    `openTokenizer: expected a Hugging Face tokenizer.json, found ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
}

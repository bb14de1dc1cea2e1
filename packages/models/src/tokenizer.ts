import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { modelsError } from './error.js';
import { createTokenBytes, type TokenBytes } from './grammar/token-bytes.js';
import { readTokenizerJson, type TokenizerJson, tokenizerJson } from './tokenizer-json.js';
import { SPECIAL_TOKENS } from './tokenizer-specials.js';

/** Text to token ids and back. */
export interface Tokenizer {
  /** The tokenizer in Hugging Face's `tokenizer.json` format. */
  readonly json: TokenizerJson;
  /** Number of tokens: what the config's `vocab_size` must be at least. */
  readonly size: number;
  readonly padId: number;
  readonly eosId: number;
  readonly unkId: number;
  readonly imageId: number;
  /** Token ids of a text; nothing is added to it. */
  encode(text: string): number[];
  /** The text of token ids, words joined by spaces; `<pad>`, `<eos>` and `<image>` are left out. */
  decode(ids: readonly number[]): string;
  /** Id of one token, such as `yes` or `<loc_3>`; undefined for a word that the vocabulary lacks. */
  tokenId(token: string): number | undefined;
  /**
   * The bytes that a token adds to a text, a space before its word; undefined for tokens
   * that are left out of texts.
   */
  readonly bytesOf: TokenBytes;
}

/**
 * A word-level tokenizer: special tokens, `<loc_0>` to `<loc_31>`, then the given words in their order.
 *
 * Texts are lowercased and split at white space and punctuation; a word that is not in the vocabulary becomes `<unk>`.
 *
 * @param words - distinct words, each one token after splitting (see {@link vocabularyFromTexts})
 * @throws FgamError `models/bad-tokenizer` that lists every repeated or splitting word
 *
 * @example
 * ```ts
 * import { createTokenizer, vocabularyFromTexts } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(vocabularyFromTexts(['is there a red circle ?', 'yes', 'no']));
 * const ids = tokenizer.encode('User: Is there a red circle? Assistant: yes');
 * if (tokenizer.decode(ids) !== 'User: is there a red circle ? Assistant: yes') throw new Error('not a round trip');
 * ```
 */
export function createTokenizer(words: readonly string[]): Tokenizer {
  const tokenizer = openTokenizer(tokenizerJson(words));
  const faults = words.flatMap((word, i) => {
    if (words.indexOf(word) !== i) return [`${JSON.stringify(word)} is repeated`];
    const ids = tokenizer.encode(word);
    return ids.length === 1 && ids[0] === tokenizer.tokenId(word)
      ? []
      : [`${JSON.stringify(word)} splits or folds`];
  });
  if (faults.length > 0) {
    throw modelsError(
      'models/bad-tokenizer',
      `createTokenizer: expected distinct lower-case words of one token each, got ${faults.join(', ')}; make the list with vocabularyFromTexts`,
    );
  }
  return tokenizer;
}

/**
 * A tokenizer from a `tokenizer.json` value.
 *
 * @throws FgamError `models/bad-tokenizer` when the value is no tokenizer or lacks `<pad>`, `<eos>`, `<unk>`, `<image>`
 * @example
 * ```ts
 * import { createTokenizer, openTokenizer } from '@fgam/models';
 *
 * // What `tokenizer.json` of a model's folder holds.
 * const text = JSON.stringify(createTokenizer(['red', 'dot']).json);
 * const tokenizer = openTokenizer(JSON.parse(text));
 * if (tokenizer.encode('<image> red blue').join() !== `${tokenizer.imageId},40,${tokenizer.unkId}`)
 *   throw new Error(tokenizer.encode('<image> red blue').join());
 * ```
 */
export function openTokenizer(json: unknown): Tokenizer {
  const checked = readTokenizerJson(json);
  const inner = new HuggingFaceTokenizer(checked, {
    unk_token: checked.model.unk_token ?? '<unk>',
    clean_up_tokenization_spaces: false,
  });
  const [pad, eos, unk, image] = SPECIAL_TOKENS.slice(0, 4).map((token) => inner.token_to_id(token));
  if (pad === undefined || eos === undefined || unk === undefined || image === undefined) {
    throw modelsError(
      'models/bad-tokenizer',
      'openTokenizer: expected tokens <pad>, <eos>, <unk> and <image> in tokenizer.json, found not all of them',
    );
  }
  const decode = (ids: readonly number[]): string =>
    ids.length === 0
      ? ''
      : inner.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  return {
    json: checked,
    size: 1 + Math.max(...inner.get_vocab().values()),
    padId: pad,
    eosId: eos,
    unkId: unk,
    imageId: image,
    encode: (text) => (text.trim() === '' ? [] : inner.encode(text, { add_special_tokens: false }).ids),
    decode,
    tokenId: (token) => inner.token_to_id(token),
    bytesOf: createTokenBytes(checked, { idToken: (id) => inner.id_to_token(id), decode }),
  };
}

/**
 * The distinct words of some texts, split as {@link createTokenizer}'s tokenizers split, in code point order.
 * Special and location tokens are left out: every tokenizer has them.
 *
 * @example
 * ```ts
 * import { vocabularyFromTexts } from '@fgam/models';
 *
 * const words = vocabularyFromTexts(['User: Is it red?', 'it is .', '<loc_3>']);
 * if (words.join(' ') !== '. ? is it red') throw new Error(words.join(' '));
 * ```
 */
export function vocabularyFromTexts(texts: Iterable<string>): readonly string[] {
  const splitter = new HuggingFaceTokenizer(tokenizerJson([]), { unk_token: '<unk>' });
  const added = new Set(splitter.get_vocab().keys());
  const words = new Set<string>();
  for (const text of texts) {
    if (text.trim() === '') continue;
    for (const token of splitter.tokenize(text)) if (!added.has(token)) words.add(token);
  }
  return [...words].sort((a, b) => (a < b ? -1 : 1));
}

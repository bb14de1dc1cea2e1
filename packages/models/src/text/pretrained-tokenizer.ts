import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { createTokenBytes, type TokenBytes } from '../grammar/token-bytes.js';
import { readTokenizerJson } from '../tokenizer-json.js';
import { repairBytes } from './repair-bytes.js';

/** A checkpoint's tokenizer. */
export interface PretrainedTokenizer {
  /** One more than the largest id. */
  readonly size: number;
  /**
   * Ids of a text, with what the tokenizer puts around it, such as `<s>`, unless `isPart` says that the text
   * goes on another (default false). A text that begins with `<s>`, as chat templates print it, gets no second one.
   */
  encode(text: string, options?: { readonly isPart?: boolean }): number[];
  /** The text of ids, without special tokens; ids beyond the vocabulary are left out. */
  decode(ids: readonly number[]): string;
  tokenId(token: string): number | undefined;
  idToken(id: number): string | undefined;
  /** The bytes that a token adds to a text; undefined for special ones. */
  readonly bytesOf: TokenBytes;
  /** Special tokens by their role in `tokenizer_config.json`, such as `bos_token`. */
  readonly roles: Readonly<Record<string, string>>;
}

/**
 * A tokenizer from the values of `tokenizer.json` and `tokenizer_config.json`.
 *
 * @throws FgamError `models/bad-tokenizer`
 */
export function openPretrainedTokenizer(json: unknown, config: unknown): PretrainedTokenizer {
  const checked = readTokenizerJson(json);
  const settings = typeof config === 'object' && config !== null ? config : {};
  const inner = new HuggingFaceTokenizer(checked, settings);
  const special = new Set(
    checked.added_tokens.filter((token) => token['special'] === true).map(({ id }) => id),
  );
  function decode(ids: readonly number[]): string {
    const shown = ids.filter((id) => !special.has(id) && inner.id_to_token(id) !== undefined);
    const whole = repairBytes(shown, inner);
    if (whole.length === 0) return '';
    return inner.decode(whole, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }
  const roles = rolesOf(settings);
  const begin = roles['bos_token'] === undefined ? undefined : inner.token_to_id(roles['bos_token']);
  const idToken = (id: number): string | undefined => inner.id_to_token(id);
  return {
    size: 1 + Math.max(...inner.get_vocab().values(), ...checked.added_tokens.map(({ id }) => id)),
    encode(text, { isPart = false } = {}) {
      const { ids } = inner.encode(text, { add_special_tokens: !isPart });
      const isTwice = !isPart && begin !== undefined && ids[0] === begin && ids[1] === begin;
      return isTwice ? ids.slice(1) : ids;
    },
    decode,
    tokenId: (token) => inner.token_to_id(token),
    idToken,
    bytesOf: createTokenBytes(checked, { idToken, decode }),
    roles,
  };
}

/** `bos_token` and the like: texts, or records of which the content counts. */
function rolesOf(settings: object): Record<string, string> {
  const roles: Record<string, string> = {};
  for (const [role, value] of Object.entries(settings as Readonly<Record<string, unknown>>)) {
    if (!role.endsWith('_token')) continue;
    if (typeof value === 'string') roles[role] = value;
    else if (typeof value === 'object' && value !== null && 'content' in value)
      roles[role] = String(value.content);
  }
  return roles;
}

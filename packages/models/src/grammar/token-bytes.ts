import type { TokenizerJson } from '../tokenizer-json.js';

/** The bytes that a token adds to a text that has begun; undefined for special tokens and those without a text. */
export type TokenBytes = (id: number) => Uint8Array | undefined;

/** What tokens are looked up in. */
interface TokenTexts {
  readonly idToken: (id: number) => string | undefined;
  readonly decode: (ids: readonly number[]) => string;
}

const utf8 = new TextEncoder();

/**
 * Bytes of tokens, by the form of their tokenizer: spelled in characters that stand for bytes (byte-level
 * BPE, as GPT-2 has it), single bytes (`<0x0A>`, where the decoder falls back to them), or texts, of which
 * decoding says whether a space is before them.
 */
export function createTokenBytes(json: TokenizerJson, { idToken, decode }: TokenTexts): TokenBytes {
  const forms = decoderForms(json['decoder']);
  const added = new Map(json.added_tokens.map((token) => [token.id, token]));
  const byteOf = forms.has('ByteLevel') ? byteAlphabet() : undefined;
  let anchor: { readonly id: number; readonly text: string } | undefined;

  /** A token whose text is there in any place: what is behind it is another's. */
  function findAnchor() {
    for (let id = 0; idToken(id) !== undefined; id++) {
      const text = decode([id]);
      if (/^[a-z]+$/i.test(text)) return { id, text };
    }
    return { id: -1, text: '' };
  }

  return (id) => {
    const token = idToken(id);
    const own = added.get(id);
    if (token === undefined || own?.['special'] === true) return undefined;
    if (byteOf !== undefined)
      return own === undefined
        ? Uint8Array.from(token, (character) => byteOf.get(character) ?? 0)
        : utf8.encode(token);
    const byte = forms.has('ByteFallback') ? /^<0x([0-9A-F]{2})>$/.exec(token)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    anchor ??= findAnchor();
    const text = decode(anchor.id < 0 ? [id] : [anchor.id, id]).slice(anchor.text.length);
    return text === '' ? undefined : utf8.encode(text);
  };
}

/** Types of a decoder and of those that it is made of. */
function decoderForms(decoder: unknown): Set<string> {
  if (typeof decoder !== 'object' || decoder === null) return new Set();
  const { type, decoders } = decoder as { readonly type?: unknown; readonly decoders?: unknown };
  const parts = Array.isArray(decoders) ? decoders.flatMap((part) => [...decoderForms(part)]) : [];
  return new Set([String(type), ...parts]);
}

/**
 * The characters of byte-level BPE: printable bytes of Latin-1 stand for themselves, the
 * others follow from U+0100 on.
 */
function byteAlphabet(): Map<string, number> {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  let next = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte): [string, number] => [
      String.fromCodePoint(isPrintable(byte) ? byte : next++),
      byte,
    ]),
  );
}

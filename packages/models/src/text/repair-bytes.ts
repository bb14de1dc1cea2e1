import { isUtf8 } from 'node:buffer';

/** What the repair looks up in a tokenizer. */
interface ByteVocabulary {
  id_to_token(id: number): string | undefined;
  token_to_id(token: string): number | undefined;
}

/** U+FFFD in UTF-8. */
const REPLACEMENT = ['<0xEF>', '<0xBF>', '<0xBD>'];

/**
 * Puts U+FFFD for each byte of runs of byte tokens (`<0x0A>`) that are no UTF-8, as the byte fallback of
 * Hugging Face's tokenizers decodes them: a run is taken whole or not at all.
 */
export function repairBytes(ids: readonly number[], vocabulary: ByteVocabulary): number[] {
  const replacement = REPLACEMENT.map((token) => vocabulary.token_to_id(token));
  if (replacement.includes(undefined)) return [...ids];
  const repaired: number[] = [];
  let run: number[] = [];
  const bytes: number[] = [];
  const flush = () => {
    if (run.length === 0) return;
    if (isUtf8(Uint8Array.from(bytes))) repaired.push(...run);
    else repaired.push(...run.flatMap(() => replacement as number[]));
    run = [];
    bytes.length = 0;
  };
  for (const id of ids) {
    const byte = /^<0x([0-9A-F]{2})>$/.exec(vocabulary.id_to_token(id) ?? '')?.[1];
    if (byte === undefined) {
      flush();
      repaired.push(id);
    } else {
      run.push(id);
      bytes.push(Number.parseInt(byte, 16));
    }
  }
  flush();
  return repaired;
}

import { labelError } from '../error.js';
import { normalizePhrase, promptOf } from './phrase-prompt.js';

/** A phrase in a chunk: its tokens are `start` to `end` (exclusive) of the chunk's ids. */
export interface PhraseSpan {
  /** As the caller wrote it. */
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

/** Phrases that go through a model together, as one text. */
export interface PhraseChunk {
  /** Such as `a cat. a remote control.` */
  readonly text: string;
  /** With the tokenizer's special tokens. */
  readonly ids: readonly number[];
  readonly spans: readonly PhraseSpan[];
}

/** Text to token ids; `whole` adds the special tokens at both ends. */
export interface PhraseTokenizer {
  readonly unkId: number | undefined;
  encode(text: string, options: { readonly whole: boolean }): readonly number[];
}

/**
 * Joins phrases to texts of at most `maxTokens` tokens: `a cat. a remote control.`, as many in
 * their order as fit into each.
 *
 * Each phrase is encoded by itself, so that its tokens are known; the text's own encoding must be theirs
 * joined, between special tokens and with a full stop after each. A phrase that repeats an earlier one (after
 * `normalizePhrase`) is left out.
 *
 * @param phrases - what to find, such as `a cat`
 * @throws FgamError `label/bad-phrase` that lists the phrases that are empty, too long or unknown to the tokenizer;
 *   `label/bad-model` where the tokenizer does not encode phrase by phrase
 */
export function chunkPhrases(
  phrases: readonly string[],
  tokenizer: PhraseTokenizer,
  maxTokens: number,
): PhraseChunk[] {
  const stop = tokenizer.encode('.', { whole: false });
  // Special tokens at both ends, the full stop.
  const longest = maxTokens - 2 - stop.length;
  const chunks: PhraseChunk[] = [];
  let parts: Encoded[] = [];
  let length = 2;
  for (const part of encodePhrases(phrases, tokenizer, longest)) {
    const more = part.ids.length + stop.length;
    if (length + more > maxTokens && parts.length > 0) {
      chunks.push(joinChunk(parts, stop, tokenizer));
      parts = [];
      length = 2;
    }
    parts.push(part);
    length += more;
  }
  if (parts.length > 0) chunks.push(joinChunk(parts, stop, tokenizer));
  return chunks;
}

interface Encoded {
  readonly label: string;
  readonly text: string;
  readonly ids: readonly number[];
}

function encodePhrases(
  phrases: readonly string[],
  tokenizer: PhraseTokenizer,
  longest: number,
): Iterable<Encoded> {
  const encoded = new Map<string, Encoded>();
  const faults: string[] = [];
  for (const label of phrases) {
    const text = normalizePhrase(label);
    if (text === '') faults.push(`${JSON.stringify(label)} has no words`);
    if (text === '' || encoded.has(text)) continue;
    const ids = tokenizer.encode(text, { whole: false });
    if (ids.length > longest)
      faults.push(`${JSON.stringify(label)} has ${ids.length} tokens, more than ${longest}`);
    else if (ids.every((id) => id === tokenizer.unkId))
      faults.push(`${JSON.stringify(label)} has no token that the model knows`);
    encoded.set(text, { label, text, ids });
  }
  if (faults.length > 0)
    throw labelError(
      'label/bad-phrase',
      `chunkPhrases: expected phrases of known words, got: ${faults.join('; ')}; drop or shorten them`,
    );
  return encoded.values();
}

function joinChunk(
  parts: readonly Encoded[],
  stop: readonly number[],
  tokenizer: PhraseTokenizer,
): PhraseChunk {
  const text = promptOf(parts.map((part) => part.text));
  const ids = tokenizer.encode(text, { whole: true });
  const spans: PhraseSpan[] = [];
  const joined: number[] = [];
  for (const { label, ids: own } of parts) {
    spans.push({ label, start: 1 + joined.length, end: 1 + joined.length + own.length });
    joined.push(...own, ...stop);
  }
  if (ids.slice(1, -1).join() !== joined.join())
    throw labelError(
      'label/bad-model',
      `chunkPhrases: expected a tokenizer that encodes ${JSON.stringify(text)} phrase by phrase between two special tokens, ` +
        `got ids ${ids.join(' ')} for parts ${joined.join(' ')}; use the model's own tokenizer.json (BERT's WordPiece)`,
    );
  return { text, ids, spans };
}

/** A word that is a key rather than prose: `authentication` has no digit. */
const SECRET = String.raw`(?=[^\s"',;&\\]*\d)[^\s"',;&\\]{8,}`;
/**
 * What looks like a key: what `Authorization` brings; what is named an API key, in headers, JSON and URLs; and what has
 * the prefix of OpenAI's, Anthropic's and OpenRouter's (`sk-`), xAI's, Google's, Groq's or Hugging Face's.
 */
const KEY_FORMS = new RegExp(
  String.raw`\bBearer\s+${SECRET}|(api[-_ ]?key[\\"']*\s*[:=]\s*[\\"']*)${SECRET}|` +
    String.raw`\b(?:sk-|xai-|AIza)[\w-]{16,}|\b(?:gsk_|hf_)[a-z\d]{16,}`,
  'gi',
);
/** Characters of a token that a client made up and that is looked for within words, too: `any` is in `many`. */
const LEAST_LENGTH = 16;
const HIDDEN = '***';

/** Hides keys in a line. @param authorization - that of the request that the line is about */
export type RedactKeys = (line: string, authorization?: string) => string;

/** A way to write a key. */
interface Spelling {
  readonly text: string;
  /** Whether it counts as a word of its own only: not in `many`, `http://any:80` or `any.example`. */
  readonly isWord: boolean;
}

/** Hides these keys wherever they are, what a request's `Authorization` brought, and whatever looks like a key. */
export function createRedactor(keys: readonly string[]): RedactKeys {
  const own = keys.flatMap((key) => spellingsOf(key, false));
  return (line, authorization = '') => {
    const token = authorization.trim().replace(/^\S+\s+/, '');
    const spellings = [...own, ...spellingsOf(token, token.length < LEAST_LENGTH)]
      // Longer ones first: of one that begins with another the end would stay.
      .sort((a, b) => b.text.length - a.text.length);
    const patterns = spellings.map(patternOf);
    const hidden = patterns.length === 0 ? line : line.replace(new RegExp(patterns.join('|'), 'g'), HIDDEN);
    return hidden.replace(KEY_FORMS, (_, name: string | undefined) => (name ?? '') + HIDDEN);
  };
}

/** A key as it is, in JSON and in a URL. */
function spellingsOf(key: string, isWord: boolean): Spelling[] {
  if (key === '') return [];
  const inUrl = new URLSearchParams({ key }).toString().slice('key='.length);
  return [...new Set([key, JSON.stringify(key).slice(1, -1), inUrl])].map((text) => ({ text, isWord }));
}

function patternOf({ text, isWord }: Spelling): string {
  const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return isWord ? String.raw`(?<![\w./-])${pattern}(?!\w|[./:-]\w)` : pattern;
}

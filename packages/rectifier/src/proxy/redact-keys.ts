/** What looks like a key: what `Authorization` brings, and keys of OpenAI's form. */
const KEY_FORMS = /\bBearer\s+[^\s"',;]+|\bsk-[\w-]+/gi;
/** Characters of a token that a client made up and that is looked for within words, too: `any` is in `many`. */
const LEAST_LENGTH = 8;
const HIDDEN = '***';

/** Hides keys in a line. @param authorization - that of the request that the line is about */
export type RedactKeys = (line: string, authorization?: string) => string;

/** Hides these keys wherever they are, what a request's `Authorization` brought, and whatever looks like a key. */
export function createRedactor(keys: readonly string[]): RedactKeys {
  const own = keys.flatMap(patternsOf);
  return (line, authorization = '') => {
    // Longer ones first: of one that begins with another the end would stay.
    const patterns = [...own, ...tokenPatterns(authorization)].sort((a, b) => b.length - a.length);
    const hidden = patterns.length === 0 ? line : line.replace(new RegExp(patterns.join('|'), 'g'), HIDDEN);
    return hidden.replace(KEY_FORMS, HIDDEN);
  };
}

function tokenPatterns(authorization: string): string[] {
  const token = authorization.trim().replace(/^\S+\s+/, '');
  if (token === '') return [];
  const patterns = patternsOf(token);
  return token.length < LEAST_LENGTH
    ? patterns.map((pattern) => String.raw`(?<!\w)${pattern}(?!\w)`)
    : patterns;
}

/** Of a key as it is, in JSON and in a URL. */
function patternsOf(key: string): string[] {
  const inUrl = new URLSearchParams({ key }).toString().slice('key='.length);
  return [...new Set([key, JSON.stringify(key).slice(1, -1), inUrl])].map(escapeRegExp);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

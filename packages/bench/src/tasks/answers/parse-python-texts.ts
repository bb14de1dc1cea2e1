const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const LITERAL = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/suy;

/**
 * The texts of a Python list as `str` prints it (`['a', "b's"]`), which tables of VLMEvalKit have in a cell;
 * undefined where it is none.
 */
export function parsePythonTexts(text: string): string[] | undefined {
  const inner = /^\s*\[(.*?),?\s*\]\s*$/su.exec(text)?.[1];
  if (inner === undefined) return undefined;
  if (inner.trim() === '') return [];
  const texts: string[] = [];
  LITERAL.lastIndex = 0;
  for (;;) {
    const match = LITERAL.exec(inner);
    if (match === null) return undefined;
    texts.push((match[1] ?? match[2] ?? '').replace(/\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\(.)/gsu, unescape));
    if (match[3] === '') return texts;
  }
}

function unescape(whole: string, byte?: string, unit?: string, letter?: string): string {
  const code = byte ?? unit;
  return code === undefined
    ? (ESCAPES[letter ?? ''] ?? whole)
    : String.fromCharCode(Number.parseInt(code, 16));
}

/** A noun with its article: `a red circle`, `an apple`, `scissors` (plurals take none). */
export function withArticle(noun: string): string {
  const text = noun.trim();
  if (/(?:[^siu]s|skis)$/i.test(text) || /^(a|an|the|some|two|three|several|many) /i.test(text)) return text;
  const sounded = /^(?:[aeio]|u(?!ni[cfqtv]|s[aeu]|te))|^(?:hour|honest|heir)/i.test(text);
  return `${sounded ? 'an' : 'a'} ${text}`;
}

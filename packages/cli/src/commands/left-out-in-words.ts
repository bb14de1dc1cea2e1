/**
 * What a source has and shards do not hold, as the end of a command's text:
 * `; left out: crowds 8`; nothing for none.
 */
export function leftOutInWords(leftOut: Readonly<Record<string, number>>): string {
  const parts = Object.entries(leftOut).flatMap(([what, count]) => (count > 0 ? [`${what} ${count}`] : []));
  return parts.length > 0 ? `; left out: ${parts.join(', ')}` : '';
}

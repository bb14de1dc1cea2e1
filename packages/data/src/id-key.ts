/** The id in the form in which equal ids are equal: `'7'` and `7` are one, `'07'` is another. */
export function idKey(id: number | string): number | string {
  if (typeof id === 'number') return id;
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}

/** Numbers objects: the same object gets the same number, from 1, for as long as it lives. */
export function createIdentities(): (object: object) => number {
  const known = new WeakMap<object, number>();
  let last = 0;
  return (object) => {
    const number = known.get(object) ?? (last += 1);
    known.set(object, number);
    return number;
  };
}

/** An object without some of its fields, which its type lets be absent or not. */
export function without<Value extends object, Key extends keyof Value & string>(
  value: Value,
  ...names: readonly Key[]
): Omit<Value, Key> {
  const rest = { ...value };
  for (const name of names) delete rest[name];
  return rest;
}

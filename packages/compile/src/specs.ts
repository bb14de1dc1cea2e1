import type { HostTensor, TensorSpec } from './tensors.js';

/** Shapes and element types of named host tensors. */
export function specsOf(tensors: Readonly<Record<string, HostTensor>>): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
}

/** A text that is the same for the same names, shapes and element types. */
export function signatureOf(tensors: Readonly<Record<string, TensorSpec>>): string {
  return Object.entries(tensors)
    .map(([name, { shape, dtype }]) => `${name}:${dtype}[${shape.join()}]`)
    .sort()
    .join(' ');
}

/** Names under a prefix, so that weights, moments and inputs of one graph can't clash. */
export function prefixed<Value>(
  prefix: string,
  record: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** The entries under a prefix, without it. */
export function withoutPrefix<Value>(
  prefix: string,
  record: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

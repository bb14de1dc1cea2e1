import type { HostTensor, Program, TensorMap, TensorSpec } from './tensors.js';

/**
 * Prefixes that tell weights, moments, inputs, gradients and the parts of a loss apart among the inputs
 * and results of one graph.
 */
export const PREFIX = {
  weight: 'weight/',
  first: 'first/',
  second: 'second/',
  input: 'input/',
  gradient: 'gradient/',
  part: 'part/',
} as const;

/** A program over weights and inputs as one over both, under their prefixes. */
export function wholeProgram(program: Program): (all: TensorMap) => TensorMap {
  return (all) => program(withoutPrefix(PREFIX.weight, all), withoutPrefix(PREFIX.input, all));
}

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

/** Names under a prefix. */
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

/** The entries of some names. */
export function picked<Value>(
  record: Readonly<Record<string, Value>>,
  isPicked: (name: string) => boolean,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => isPicked(name)));
}

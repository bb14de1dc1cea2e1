import { type CompileErrorCode, FgamError } from './error.js';
import type { RunnableGraph } from './runner.js';
import type { SessionOptions } from './session.js';
import type { Tensors } from './tensors.js';

/** What a runner's thread is asked; sessions are known by numbers. */
export type Request =
  | { readonly kind: 'hold'; readonly tensors: Tensors }
  | { readonly kind: 'held'; readonly names: readonly string[] }
  | { readonly kind: 'commit' }
  | {
      readonly kind: 'open';
      readonly session: number;
      readonly graph: RunnableGraph;
      readonly options: SessionOptions;
    }
  | { readonly kind: 'run'; readonly session: number; readonly values: Tensors }
  | { readonly kind: 'release'; readonly session: number };

/** A request with the number that its reply comes back under. */
export interface Call {
  readonly call: number;
  readonly request: Request;
}

/** The reply to a call. */
export type Reply =
  | { readonly call: number; readonly tensors: Tensors }
  | { readonly call: number; readonly error: ErrorRecord };

/** An error as plain data: between threads an `Error` would lose its code. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: ErrorRecord;
}

/** What was thrown, as plain data. */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...('code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {}),
    ...(cause === undefined ? {} : { cause: errorRecord(cause) }),
  };
}

/**
 * The error that a record describes; with a code of this package's, an `FgamError`. Its
 * stack is the other thread's.
 */
export function errorOf(record: ErrorRecord): Error {
  const { name, message, stack, code, cause } = record;
  const options = cause === undefined ? undefined : { cause: errorOf(cause) };
  const error = isOurs(code) ? new FgamError(code, message, options) : new Error(message, options);
  if (!isOurs(code)) Object.assign(error, { name }, code === undefined ? {} : { code });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function isOurs(code: string | undefined): code is CompileErrorCode {
  return code?.startsWith('compile/') ?? false;
}

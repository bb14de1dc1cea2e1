import { callSite } from './call-site.js';
import { type CompileErrorCode, FgamError } from './error.js';

/** Frames that a stack needs to reach the program through tfjs's engine, gradients and scopes. */
const FRAMES = 100;

/** An error of a capture, with the program's call that led to it. */
export function captureError(
  code: CompileErrorCode,
  message: string,
  options: { readonly cause?: Error } = {},
): FgamError {
  const { cause } = options;
  const site = callSite(cause === undefined ? deepStack() : cause.stack);
  return new FgamError(code, site === undefined ? message : `${message} (called at ${site})`, options);
}

function deepStack(): string | undefined {
  return withDeepStacks(() => new Error('stack').stack);
}

/** Runs a function whose errors have stacks that reach the program. */
export function withDeepStacks<Result>(run: () => Result): Result {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Math.max(limit, FRAMES);
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

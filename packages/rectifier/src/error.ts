import { FgamError } from '@fgam/data';

/** Codes of the errors that this package throws. */
export type RectifierErrorCode =
  | 'rectifier/bad-config'
  | 'rectifier/bad-port'
  | 'rectifier/port-failed'
  | 'rectifier/bad-trajectory'
  | 'rectifier/no-truth'
  | 'rectifier/bad-critique'
  | 'rectifier/no-port'
  | 'rectifier/closed';

/** Makes this package's error: the function, what it expected, what it got, what to do. */
export function rectifierError(
  code: RectifierErrorCode,
  message: string,
  options?: ErrorOptions,
): FgamError<RectifierErrorCode> {
  return new FgamError<RectifierErrorCode>(code, message, options);
}

/** What the loop calls. */
export type Port = 'answerer' | 'critic' | 'decider';

/** A port that failed or broke its contract in the loop, with the requests that it was working on. */
export class PortError extends FgamError<RectifierErrorCode> {
  /** Ids of the requests of the failed call. */
  readonly requests: readonly string[];
  /** 0 for first responses and their feedback, k for the k-th revision and its feedback. */
  readonly round: number;
  readonly port: Port;

  /**
   * @param code - `rectifier/port-failed`, or `rectifier/bad-port` for results that break the port's contract,
   * their number too
   * @param message - what was asked and what happened
   * @param where - the port, the round and the requests
   * @param options - the port's own error as `cause`
   */
  constructor(
    code: 'rectifier/port-failed' | 'rectifier/bad-port',
    message: string,
    where: {
      readonly port: Port;
      readonly round: number;
      readonly requests: readonly string[];
    },
    options?: ErrorOptions,
  ) {
    super(code, message, options);
    this.port = where.port;
    this.round = where.round;
    this.requests = where.requests;
  }
}

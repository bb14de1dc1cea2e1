import { unlessAborted } from '@fgam/data';
import { type Port, PortError } from '../error.js';
import { resultFault, shown } from './result-fault.js';

/** Which port is called, and what for. */
export interface PortCall {
  readonly port: Port;
  /** The port's own. */
  readonly name: string;
  /** 0 for first responses and their feedback, k for the k-th revision and its feedback. */
  readonly round: number;
  /** Ids of the requests that are to get a result each: for errors. */
  readonly requests: readonly string[];
  /** Ends the call, also of a port that does not heed it. */
  readonly signal?: AbortSignal | undefined;
  /** Who calls: errors begin with it. Default: `rectify`. */
  readonly caller?: string;
}

/**
 * Calls a port as `rectify` does, and checks what it gives as `rectify` does: for what asks an answerer, a critic or
 * a decider without the loop. Errors name port, round and requests. No call is made for no requests.
 *
 * @param call - makes the port's call
 * @returns what the port gave, one result a request
 * @throws PortError `rectifier/port-failed` with the port's own error as `cause`, or `rectifier/bad-port` for anything
 * but one result a request that keeps to the port's contract (`Answer`, `Feedback`, `Decision`); the signal's reason
 * as soon as it is aborted: what comes after is passed over
 * @example
 * ```ts
 * import { isFgamError } from '@fgam/data';
 * import { callPort } from '@fgam/rectifier';
 *
 * const asked = { port: 'critic', name: 'strict', round: 0, requests: ['1'] } as const;
 * const [feedback] = await callPort(asked, async () => [{ verdict: 'accept', confidence: 0.9 }]);
 * const tooSure = callPort(asked, async () => [{ verdict: 'accept', confidence: 2 }]);
 * const error: unknown = await tooSure.catch((thrown: unknown) => thrown);
 * if (feedback?.verdict !== 'accept' || !isFgamError(error) || error.code !== 'rectifier/bad-port')
 *   throw new Error('not checked');
 * ```
 */
export async function callPort<T>(
  { port, name, round, requests, signal, caller = 'rectify' }: PortCall,
  call: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  signal?.throwIfAborted();
  if (requests.length === 0) return [];
  const where = { port, round, requests };
  const asked = `${caller}: ${port} ${JSON.stringify(name)} in round ${round} for ${requests.length} request(s) ${listIds(requests)}`;
  let results: readonly T[];
  try {
    const made = Promise.resolve(call());
    results = await (signal ? unlessAborted(made, signal) : made);
  } catch (error) {
    signal?.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new PortError('rectifier/port-failed', `${asked} failed: ${said}`, where, { cause: error });
  }
  const bad = (fault: string): PortError =>
    new PortError('rectifier/bad-port', `${asked}: ${fault}; mend the ${port}`, where);
  const isList: boolean = Array.isArray(results);
  if (!isList) throw bad(`expected a list of results, got ${shown(results)}`);
  if (results.length !== requests.length) throw bad(`expected as many results, got ${results.length}`);
  for (const [index, id] of requests.entries()) {
    const fault = resultFault(port, results[index]);
    if (fault !== undefined) throw bad(`for ${JSON.stringify(id)} ${fault}`);
  }
  return results;
}

function listIds(ids: readonly string[]): string {
  const shownIds = ids.slice(0, 5).map((id) => JSON.stringify(id));
  return `(${shownIds.join(', ')}${ids.length > shownIds.length ? ', ...' : ''})`;
}

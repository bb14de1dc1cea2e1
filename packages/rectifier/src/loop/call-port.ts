import { unlessAborted } from '@fgam/data';
import { type Port, PortError } from '../error.js';
import type { RequestState } from './request-state.js';
import { resultFault, shown } from './result-fault.js';

/** Which port is called, and what for. */
export interface PortCall {
  readonly port: Port;
  /** The port's own. */
  readonly name: string;
  readonly round: number;
  /** Those that are to get a result each. */
  readonly states: readonly RequestState[];
  /** Ends the call, also of a port that does not heed it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Calls a port and checks what it gives; errors name port, round and requests. No call is made for no requests.
 *
 * @throws PortError `rectifier/port-failed`, or `rectifier/bad-port` for anything but one result a request that keeps
 * to the port's contract; the signal's reason as soon as it is aborted: what comes after is passed over
 */
export async function callPort<T>(
  { port, name, round, states, signal }: PortCall,
  call: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  signal?.throwIfAborted();
  if (states.length === 0) return [];
  const requests = states.map(({ request }) => request.id);
  const where = { port, round, requests };
  const asked = `rectify: ${port} ${JSON.stringify(name)} in round ${round} for ${requests.length} request(s) ${listIds(requests)}`;
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
  if (results.length !== states.length) throw bad(`expected as many results, got ${results.length}`);
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

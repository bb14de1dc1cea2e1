import type { Critic } from '@fgam/data';
import { type Port, PortError } from '../error.js';
import type { RequestState } from './request-state.js';

/** Calls a port; its errors, and a wrong number of results, name the requests. */
export async function callPort<T>(
  port: Port,
  { name }: Pick<Critic, 'name'>,
  round: number,
  states: readonly RequestState[],
  signal: AbortSignal | undefined,
  call: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  signal?.throwIfAborted();
  if (states.length === 0) return [];
  const requests = states.map(({ request }) => request.id);
  const where = { port, round, requests };
  const asked = `rectify: ${port} ${JSON.stringify(name)} in round ${round} for ${requests.length} request(s) ${listIds(requests)}`;
  let results: readonly T[];
  try {
    results = await call();
  } catch (error) {
    signal?.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new PortError('rectifier/port-failed', `${asked} failed: ${said}`, where, { cause: error });
  }
  if (results.length !== states.length)
    throw new PortError(
      'rectifier/bad-port',
      `${asked}: expected as many results, got ${results.length}`,
      where,
    );
  return results;
}

function listIds(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).map((id) => JSON.stringify(id));
  return `(${shown.join(', ')}${ids.length > shown.length ? ', ...' : ''})`;
}

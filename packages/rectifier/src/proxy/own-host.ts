import { isIP } from 'node:net';

/** Whether an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Whether a request's header `host` is an address, `localhost` or one of these names. A page of another site can have
 * its own name stand for this machine (DNS rebinding) and ask it as if it were the page's own server; the header then
 * has that name.
 */
export function isOwnHost(header: string | null, names: readonly string[]): boolean {
  const address = `http://${header ?? ''}`;
  if (!URL.canParse(address)) return false;
  const name = new URL(address).hostname.replace(/^\[|\]$/g, '');
  return isIP(name) !== 0 || name === 'localhost' || names.some((each) => each.toLowerCase() === name);
}

import { isIP } from 'node:net';

/** Whether an address is reached from this machine alone. @param address - one that a server listens at, or a name */
export function isLoopback(address: string): boolean {
  const mapped = /^::ffff:(?=\d+\.)/i;
  const plain = address.toLowerCase().replace(mapped, '');
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** A name of a host as URLs have it: in lower case, in ASCII (`xn--…`); undefined for what is no name alone. */
export function hostNameOf(name: string): string | undefined {
  const address = `http://${name}/`;
  if (!URL.canParse(address)) return undefined;
  const { href, hostname } = new URL(address);
  return href === `http://${hostname}/` && hostname !== '' ? hostname : undefined;
}

/**
 * Whether a request's header `host` is an address, `localhost` or one of these names. A page of another site can have
 * its own name stand for this machine (DNS rebinding) and ask it as if it were the page's own server; the header then
 * has that name.
 *
 * @param names - as `hostNameOf` gives them
 */
export function isOwnHost(header: string | null, names: readonly string[]): boolean {
  const address = `http://${header ?? ''}`;
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  const plain = hostname.replace(/^\[|\]$/g, '');
  return isIP(plain) !== 0 || hostname === 'localhost' || names.includes(hostname);
}

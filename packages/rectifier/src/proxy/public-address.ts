import ipaddr from 'ipaddr.js';

/**
 * Whether an IP address is one of the public internet: none that is private, loopback, link-local (cloud metadata among them), of carrier-grade NAT, multicast,
 * reserved, or one of IPv6 that stands for such an IPv4 address (mapped, 6to4, Teredo, NAT64). What is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

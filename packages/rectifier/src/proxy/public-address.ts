import ipaddr from 'ipaddr.js';

/** What IANA has given out of IPv6; ipaddr.js takes deprecated forms beyond it, such as `::7f00:1`, for unicast. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * The host of Azure's machines, which is reached from inside them alone, though its address is one of the public
 * internet (Azure's documentation, "What is IP address 168.63.129.16?").
 */
const AZURE_HOST = '168.63.129.16';

/**
 * Whether an IP address is one of the public internet: none that is private, loopback, link-local (cloud
 * metadata among them, and Azure's host), of carrier-grade NAT, multicast, reserved, or one of IPv6 that
 * stands for such an IPv4 address (mapped, 6to4, Teredo, NAT64). What is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return false;
  return parsed.range() === 'unicast' && parsed.toString() !== AZURE_HOST;
}

import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PlatformError } from './platform-error.js';

/** Not globally reachable, by the IANA registries of special-purpose addresses (RFC 6890 and its successors). */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Within 2000::/3, outside of which no IPv6 address is public: Teredo and its neighbours, documentation, 6to4. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = new BlockList();
const globalUnicast = new BlockList();
for (const [list, family] of [
  [SPECIAL_IPV4, 'ipv4'],
  [SPECIAL_IPV6, 'ipv6'],
] as const) {
  for (const range of list) {
    const [network = '', prefix = ''] = range.split('/');
    special.addSubnet(network, Number(prefix), family);
  }
}
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether an address literal is one of the public internet. Addresses that carry an IPv4 one (mapped, RFC 4291 section
 * 2.5.5.2; translated, RFC 6052) are what that one is.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6: {
      const carried = carriedIpv4(address);
      if (carried !== undefined) return isPublicAddress(carried);
      return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
    }
    default:
      return false;
  }
}

function carriedIpv4(address: string): string | undefined {
  if (!URL.canParse(`http://[${address}]`)) return undefined;
  // A URL shows every spelling of an address in one form.
  const { hostname } = new URL(`http://[${address}]`);
  const [, high, low] = /^\[(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const [a, b] = [parseInt(high, 16), parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

function refusal(hostname: string): PlatformError {
  return new PlatformError('PLATFORM_BAD_ANSWER', `${hostname} leads to an address that is not public`);
}

/** Throws `PLATFORM_BAD_ANSWER` for a host that is an address literal and not public; names are looked up later. */
export function refuseSpecialLiteral({ hostname }: URL): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw refusal(hostname);
}

/**
 * Looks a name up for a connection and refuses it if any of its addresses is not public. The connection is made to the
 * addresses given here and to no others, so a name that changes its address in between (DNS rebinding) gains nothing.
 */
export function publicLookup(resolve: typeof lookUp = lookUp): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = error ? [] : addresses;
      if (error || !first) callback(error ?? refusal(hostname), []);
      else if (!addresses.every(({ address }) => isPublicAddress(address))) callback(refusal(hostname), []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

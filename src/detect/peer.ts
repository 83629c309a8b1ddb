import { defined } from '../platform/defined.js';

/**
 * Whom a line speaks of, read from the line itself where the rule names nobody: the address nearest the fault. It is what
 * lets an incident hold both sides (who complained about whom).
 */

/** Of `10.0.0.1:58006->10.0.0.2:2380` the second: the first is the writer's own. */
const ADDRESS =
  /(?:^|[\s/=@"'([<>:])(?:\[([0-9a-f:]{3,39})\]|((?:\d{1,3}\.){3}\d{1,3})|((?:[a-z0-9](?:[a-z0-9-]{0,62})\.){0,8}[a-z][a-z0-9-]{0,62}))(?::(\d{1,5}))(?![\w.]|:\S|->)/dgi;
const BARE_IPV4 = /(?:^|[\s/=@"'([<:])((?:\d{1,3}\.){3}\d{1,3})(?!\w|:\S|\.\d)/d;
/** `peer 2001:db8::1`: at least two colons and a hex group, not a time of day. */
const BARE_IPV6 =
  /(?:^|[\s/=@"'([<])((?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})|(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4})(?![\w:])/di;

/** `sock.c:282`: a place in the source of a program is no host. */
const SOURCE = /\.(?:c|cpp|cs|cxx|erl|exs?|go|h|hpp|java|jsx?|kt|lua|php|rb|scala|swift|tsx?|vue)$/i;
/** Endings that are of countries, too: these are sources where a folder stands before. */
const SOURCE_OR_COUNTRY = /\.(?:cc|mm|pl|py|rs|sh)$/i;

/** The lowest that is in use beside names: ftp, ssh. */
const LEAST_PORT = 20;

/** From where to before where in a text. */
type Span = readonly [from: number, to: number];

/**
 * Where a line names whom it speaks of. Digits are all alike here, so that these are the places in all lines that differ from it
 * in digits only.
 */
export interface PeerPlaces {
  /** With a port. */
  full: { ipv6?: Span; ipv4?: Span; host?: Span; port: Span } | undefined;
  ipv4: Span | undefined;
  ipv6: Span | undefined;
}

/** @param groups what the rule's pattern named already: nothing is added beside a host, address or agent of its own */
export function peerPlaces(text: string, groups: Record<string, string> | undefined): PeerPlaces | undefined {
  if (groups !== undefined && ('host' in groups || 'address' in groups || 'agent' in groups))
    return undefined;
  const full = addressOf(text)?.indices;
  return {
    full: full && defined({ ipv6: full[1], ipv4: full[2], host: full[3], port: full[4]! }),
    ipv4: BARE_IPV4.exec(text)?.indices?.[1],
    // Looking for one costs more than all the rest, and few lines can hold any.
    ipv6: text.includes('::') || text.split(':', 8).length === 8 ? ipv6Of(text) : undefined,
  };
}

/** @returns `host` or `address`, and `port`, as far as the line gives them */
export function peerFields(text: string, { full, ipv4, ipv6 }: PeerPlaces): Record<string, string> {
  const at = ([from, to]: Span) => text.slice(from, to);
  if (full !== undefined && isPort(at(full.port)) && !isNumbered(full, at(full.port))) {
    const port = at(full.port);
    if (full.ipv6) return { address: at(full.ipv6), port };
    if (full.ipv4 && isIpv4(at(full.ipv4))) return { address: at(full.ipv4), port };
    if (full.host) return { host: at(full.host), port };
  }
  if (ipv4 && isIpv4(at(ipv4))) return { address: at(ipv4) };
  return ipv6 ? { address: at(ipv6) } : {};
}

/** The first in the text that is one; a place in a program's source comes before none. */
function addressOf(text: string): RegExpExecArray | undefined {
  for (const found of text.matchAll(ADDRESS)) {
    if (isSource(found)) return undefined;
    // a word with the number of a member: in all lines that differ from it in digits only
    if (found[3] === undefined || found[4]!.length > 1) return found;
  }
  return undefined;
}

function isSource({ 0: whole, 3: host, index, input }: RegExpExecArray): boolean {
  if (host === undefined) return false;
  return (
    SOURCE.test(host) || (SOURCE_OR_COUNTRY.test(host) && whole.startsWith('/') && input[index - 1] !== '/')
  );
}

function ipv6Of(text: string): Span | undefined {
  const span = BARE_IPV6.exec(text)?.indices?.[1];
  if (!span) return undefined;
  const ipv6 = text.slice(...span);
  return ipv6.includes('::') || ipv6.split(':').length === 8 ? span : undefined;
}

function isPort(text: string): boolean {
  return Number(text) > 0 && Number(text) <= 65535;
}

/** `[myid:2]`, `rank:3`: a word with the number of a member, for nobody serves at such ports. */
function isNumbered({ host }: NonNullable<PeerPlaces['full']>, port: string): boolean {
  return host !== undefined && Number(port) < LEAST_PORT;
}

function isIpv4(text: string): boolean {
  return text.split('.').every(part => Number(part) <= 255);
}

/**
 * Whom a line speaks of, read from the line itself where the rule names nobody: the address nearest the fault. It is what
 * lets an incident hold both sides (who complained about whom).
 */

const ADDRESS =
  /(?:^|[\s/=@"'([<:])(?:\[([0-9a-f:]{3,39})\]|((?:\d{1,3}\.){3}\d{1,3})|((?:[a-z0-9](?:[a-z0-9-]{0,62})\.){0,8}[a-z][a-z0-9-]{0,62}))(?::(\d{1,5}))(?![\w.]|:\S)/i;
const BARE_IPV4 = /(?:^|[\s/=@"'([<:])((?:\d{1,3}\.){3}\d{1,3})(?!\w|:\S|\.\d)/;
/** `peer 2001:db8::1`: at least two colons and a hex group, not a time of day. */
const BARE_IPV6 =
  /(?:^|[\s/=@"'([<])((?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})|(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4})(?![\w:])/i;

/**
 * @param groups what the rule's pattern named already: nothing is added beside a host, address or agent of its own
 * @returns `host` or `address`, and `port`, as far as the line gives them
 */
export function peerFields(text: string, groups: Record<string, string> | undefined): Record<string, string> {
  if (groups !== undefined && ('host' in groups || 'address' in groups || 'agent' in groups)) return {};
  const full = ADDRESS.exec(text);
  if (full !== null && isPort(full[4]!)) {
    const address = full[1] ?? (full[2] !== undefined && isIpv4(full[2]) ? full[2] : undefined);
    if (address !== undefined) return { address, port: full[4]! };
    if (full[3] !== undefined) return { host: full[3], port: full[4]! };
  }
  const ipv4 = BARE_IPV4.exec(text)?.[1];
  if (ipv4 !== undefined && isIpv4(ipv4)) return { address: ipv4 };
  // Looking for one costs more than all the rest, and few lines can hold any.
  if (!text.includes('::') && text.split(':', 8).length < 8) return {};
  const ipv6 = BARE_IPV6.exec(text)?.[1];
  return ipv6?.includes('::') || ipv6?.split(':').length === 8 ? { address: ipv6 } : {};
}

function isPort(text: string): boolean {
  return Number(text) > 0 && Number(text) <= 65535;
}

function isIpv4(text: string): boolean {
  return text.split('.').every(part => Number(part) <= 255);
}

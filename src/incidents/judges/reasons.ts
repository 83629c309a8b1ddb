import type { Cause } from '../../model/incident.js';

/** What the words of an error tell of its cause, whatever program they are from. */
const REASONS: [Cause, RegExp][] = [
  ['disk-full', /no space left|disk full|enospc|os error 28\b|quota exceeded|edquot|os error 122\b/i],
  [
    'permission',
    /permission denied|read-only file system|operation not permitted|eacces|erofs|os error (1|13|30)\b/i,
  ],
  [
    'credentials',
    /access ?denied|forbidden|\b40[13]\b|invalidaccesskeyid|signaturedoesnotmatch|expired ?token|credential|unauthori[sz]ed/i,
  ],
  [
    'dns',
    /dns error|failed to lookup|name or service not known|name resolution|no such host|getaddrinfo|\benotfound\b|\beai_[a-z]+|nodename nor servname|could not resolve host/i,
  ],
  ['tls', /\btls\b|\bssl\b|certificate|handshake/i],
  ['refused', /connection refused|os error 111\b/i],
  ['timeout', /timed? ?out|deadline/i],
  ['reset', /connection reset|broken pipe|os error (104|32)\b/i],
];

/** @returns the cause of the first text that tells one */
export function causeOf(reasons: string[]): Cause | undefined {
  for (const text of reasons) {
    for (const [cause, pattern] of REASONS) if (pattern.test(text)) return cause;
  }
  return undefined;
}

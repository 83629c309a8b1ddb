/**
 * Removes secrets from text that leaves Deadair: alerts and reports. Logs hold them more often than anybody likes
 * (sai3-bench forwards credentials; tools print their environment). The words around a secret stay, so that the line
 * still tells what happened. Every pattern is linear: bounded repetitions, no nested ones.
 */
const RULES: { kind: string; pattern: RegExp; keep?: string }[] = [
  {
    kind: 'private key',
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,20000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  {
    kind: 'signature',
    pattern:
      /((?:^|[?&\s])(?:X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|sig|signature|access_token)=)(?!\[redacted)[^\s&"'<>]{4,4000}/gi,
    keep: '$1',
  },
  { kind: 'AWS key id', pattern: /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}\b/g },
  {
    kind: 'token',
    pattern:
      /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,255}|xox[abeoprs]-[A-Za-z0-9-]{10,255}|npm_[A-Za-z0-9]{30,255}|sk_(?:live|test)_[A-Za-z0-9]{10,255}|sk-[A-Za-z0-9_-]{20,255}|hvs\.[A-Za-z0-9_-]{20,255}|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,2000})/g,
  },
  { kind: 'JWT', pattern: /\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}(?:\.[A-Za-z0-9_-]{0,4000})?/g },
  {
    kind: 'hook',
    pattern: /(\bhttps:\/\/hooks\.slack\.com\/(?:services|workflows)\/)[A-Za-z0-9/_-]{10,200}/g,
    keep: '$1',
  },
  // scheme://user:password@host and scheme://token@host
  {
    kind: 'credentials',
    pattern: /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:'"<>]{1,200}:[^\s/@'"<>]{1,500}@/gi,
    keep: '$1',
  },
  { kind: 'credentials', pattern: /(\bhttps?:\/\/)[A-Za-z0-9_.~%-]{16,500}@/gi, keep: '$1' },
  {
    kind: 'authorization',
    pattern:
      /(\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?)(?!\[redacted)(?:(?:bearer|basic|digest|negotiate|token|aws4-hmac-sha256)\s{1,3})?[^\s"',;][^"'\r\n]{0,4000}/gi,
    keep: '$1',
  },
  { kind: 'token', pattern: /(\bbearer\s{1,3})[A-Za-z0-9._~+/=-]{8,4000}/gi, keep: '$1' },
  // password=…, "secret_key": "…", --token …, AWS_SECRET_ACCESS_KEY: …
  {
    kind: 'secret',
    pattern:
      /((?:^|[^A-Za-z0-9])(?:[A-Za-z0-9]{1,40}[_.-]){0,6}(?:passwords?|passwd|passphrase|pwd|secret|secrets|token|(?:api|access|secret|private|account|encryption|signing|shared)[_.-]?key|secretaccesskey|sessiontoken|accountkey|apikey)(?:["']?\s{0,3}(?:=|:(?!:))\s{0,3}))(?!\[redacted)(?:"[^"\r\n]{1,4000}"|'[^'\r\n]{1,4000}'|[^\s"',;&)}\]]{3,4000})/gi,
    keep: '$1',
  },
  // DB_PASS=…; "PASS: 3 tests" is none.
  {
    kind: 'secret',
    pattern:
      /(\b[A-Za-z0-9]{1,40}_pass=)(?!\[redacted)(?:"[^"\r\n]{1,4000}"|'[^'\r\n]{1,4000}'|[^\s"',;]{3,4000})/gi,
    keep: '$1',
  },
  // curl -u user:password
  {
    kind: 'credentials',
    pattern: /(\bcurl\s[^\r\n[]{0,200}?(?:-u|--user|--proxy-user)[ =]["']?)[^\s:"']{1,200}:[^\s"']{1,500}/g,
    keep: '$1',
  },
  {
    kind: 'secret',
    pattern:
      /((?:^|\s)--?(?:[a-z0-9]{1,40}-){0,6}(?:password|passwd|passphrase|secret|token|(?:api|access|secret|private)-?key)\s{1,3})(?!-|\[redacted)[^\s"']{3,4000}/gi,
    keep: '$1',
  },
];

/**
 * Something each rule can't do without, so that most text is searched once: where hundreds of hosts are in trouble, the evidence of
 * their incidents took a third of the main thread's time here. A rule's fixed words must stand here, too (the table in redaction.test.ts holds that).
 */
const HINT =
  /-----BEGIN |sig|x-amz-|x-goog-|token|a(?:kia|sia|gpa|ida|roa|npa|nva|bia|cca)|gh[pousr]_|github_pat_|glpat-|xox|npm_|sk[_-]|hvs\.|ya29\.|eyj|aiza|:\/\/|auth|bearer|pass|pwd|secret|key|curl/i;

/** The text with secrets replaced by `[redacted: KIND]`. */
export function redact(text: string): string {
  if (!HINT.test(text)) return text;
  let result = text;
  for (const rule of RULES)
    result = result.replace(rule.pattern, `${rule.keep ?? ''}[redacted: ${rule.kind}]`);
  return result;
}

/**
 * Lines of one file in order: as `redact`, and a private key that spans lines is removed as a whole, where one line
 * alone shows only base64.
 */
export function redactLines(lines: readonly string[]): string[] {
  let inKey = false;
  return lines.map(line => {
    if (inKey) {
      if (/-----END [A-Z0-9 ]{0,40}PRIVATE KEY/.test(line)) inKey = false;
      return '[redacted: private key]';
    }
    const begin = line.lastIndexOf('-----BEGIN ');
    if (begin >= 0 && line.includes('PRIVATE KEY', begin) && !line.includes('-----END ', begin)) inKey = true;
    return redact(line);
  });
}

/** Redacts every string of a JSON-like value; the shape stays. */
export function redactDeep<T>(value: T): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map(redactDeep) as T;
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, redactDeep(part)])) as T;
  return value;
}

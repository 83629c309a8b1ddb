/** Changes a query's text as people would: by adding and taking away terms. */

/** `name:value`, quoted where it must be. */
export function fieldTerm(name: string, value: string): string {
  // A number behind a colon would be a text: `localhost:7761`.
  const plain = /^[A-Za-z][\w./@+-]*$/.test(value) && /^[a-z_]+$/.test(name);
  return `${name}:${plain ? value : `"${value.replace(/[\\"]/g, '\\$&')}"`}`;
}

/** The query that also asks for the term. */
export function requiring(query: string, term: string): string {
  return withTerm(query, term, `-${term}`);
}

/** The query that leaves the term out. */
export function excluding(query: string, term: string): string {
  return withTerm(query, `-${term}`, term);
}

function withTerm(query: string, wanted: string, opposite: string): string {
  const terms = splitTerms(query).filter(one => one !== opposite);
  if (terms.includes(wanted)) return terms.join(' ');
  // In `a or b` a term behind would belong to b alone.
  const text = terms.join(' ');
  const whole = /\bor\b/i.test(text) && !/^\(.*\)$/s.test(text) ? `(${text})` : text;
  return `${whole} ${wanted}`.trim();
}

/** The query's terms at its top, each as it stands. */
function splitTerms(query: string): string[] {
  const terms: string[] = [];
  let term = '';
  let depth = 0;
  let quote = false;
  for (let i = 0; i < query.length; i++) {
    const char = query[i]!;
    if (char === '\\') {
      term += char + (query[++i] ?? '');
      continue;
    }
    if (char === '"') quote = !quote;
    else if (!quote && char === '(') depth++;
    else if (!quote && char === ')') depth--;
    if (/\s/.test(char) && !quote && depth <= 0) {
      if (term !== '') terms.push(term);
      term = '';
    } else term += char;
  }
  if (term !== '') terms.push(term);
  return terms;
}

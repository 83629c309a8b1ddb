/**
 * Kibana's query language as far as Deadair's objects and links use it: what this accepts, Kibana's own grammar accepts with the same
 * meaning (kbn-es-query, grammar.peggy). Left out on purpose, so that nothing doubtful is shipped: nested fields `{…}`,
 * values of several words without quotes, wildcards in field names.
 */
export type Kql =
  | { kind: 'all' }
  | { kind: 'and' | 'or'; parts: Kql[] }
  | { kind: 'not'; part: Kql }
  | { kind: 'exists'; field: string }
  | { kind: 'is'; field: string; value: string; quoted: boolean }
  | { kind: 'range'; field: string; operator: 'gt' | 'gte' | 'lt' | 'lte'; value: string };

type Token = { text: string; type: 'word' | 'quoted' | 'symbol'; at: number };

const RANGES = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const;

/** @throws Error with the column when the text is not in the subset */
export function parseKql(text: string): Kql {
  if (text.trim() === '') return { kind: 'all' };
  return new Parser(tokens(text)).whole();
}

/** Every field a query asks. */
export function kqlFields(query: Kql): string[] {
  switch (query.kind) {
    case 'all':
      return [];
    case 'and':
    case 'or':
      return query.parts.flatMap(kqlFields);
    case 'not':
      return kqlFields(query.part);
    default:
      return [query.field];
  }
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = /\s+|"((?:\\.|[^"\\])*)"|(>=|<=|[():<>])|((?:\\.|[^\s"():<>{}\\])+)/gy;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw new Error(`KQL column ${at + 1}: ${JSON.stringify(text[at])} can't stand here`);
    if (match[1] !== undefined) found.push({ text: unquoted(match[1]), type: 'quoted', at });
    else if (match[2] !== undefined) found.push({ text: match[2], type: 'symbol', at });
    else if (match[3] !== undefined) found.push({ text: match[3], type: 'word', at });
  }
  return found;
}

function unquoted(inner: string): string {
  return inner.replace(/\\(.)/g, (_, char: string) => ({ n: '\n', r: '\r', t: '\t' })[char] ?? char);
}

class Parser {
  private next = 0;

  constructor(private readonly list: Token[]) {}

  whole(): Kql {
    const query = this.or();
    const left = this.list[this.next];
    if (left) throw new Error(`KQL column ${left.at + 1}: "and" or "or" is missing before ${left.text}`);
    return query;
  }

  private or(): Kql {
    return this.joined('or', () => this.and());
  }

  private and(): Kql {
    return this.joined('and', () => this.not());
  }

  private joined(kind: 'and' | 'or', part: () => Kql): Kql {
    const parts = [part()];
    while (this.takeWord(kind)) parts.push(part());
    return parts.length === 1 ? parts[0]! : { kind, parts };
  }

  private not(): Kql {
    if (this.takeWord('not')) return { kind: 'not', part: this.not() };
    if (this.takeSymbol('(')) {
      const inner = this.or();
      this.expect(')');
      return inner;
    }
    return this.comparison();
  }

  private comparison(): Kql {
    const field = this.value();
    if (field.type !== 'word' || field.text.includes('*'))
      throw new Error(`KQL column ${field.at + 1}: a field is missing before ${field.text}`);
    const operator = this.list[this.next++];
    if (operator?.type === 'symbol' && operator.text in RANGES)
      return {
        kind: 'range',
        field: field.text,
        operator: RANGES[operator.text as keyof typeof RANGES],
        value: this.value().text,
      };
    if (operator?.text !== ':' || operator.type !== 'symbol')
      throw new Error(`KQL column ${(operator ?? field).at + 1}: ":" is missing after ${field.text}`);
    if (this.takeSymbol('(')) {
      const list = this.listOf(field.text);
      this.expect(')');
      return list;
    }
    return this.matched(field.text);
  }

  private listOf(field: string): Kql {
    const any = () => this.joined('and', () => this.listItem(field));
    return this.joined('or', any);
  }

  private listItem(field: string): Kql {
    return this.takeWord('not') ? { kind: 'not', part: this.matched(field) } : this.matched(field);
  }

  private matched(field: string): Kql {
    const { text, type } = this.value();
    if (type === 'word' && text === '*') return { kind: 'exists', field };
    return { kind: 'is', field, value: text, quoted: type === 'quoted' };
  }

  private value(): Token {
    const token = this.list[this.next++];
    if (!token) throw new Error('KQL: it ends too early');
    if (token.type === 'symbol' || (token.type === 'word' && /^(and|or|not)$/i.test(token.text)))
      throw new Error(`KQL column ${token.at + 1}: ${token.text} can't stand here`);
    return token;
  }

  private takeWord(word: string): boolean {
    const token = this.list[this.next];
    if (token?.type !== 'word' || token.text.toLowerCase() !== word) return false;
    this.next++;
    return true;
  }

  private takeSymbol(symbol: string): boolean {
    const token = this.list[this.next];
    if (token?.type !== 'symbol' || token.text !== symbol) return false;
    this.next++;
    return true;
  }

  private expect(symbol: string): void {
    const token = this.list[this.next];
    if (!this.takeSymbol(symbol))
      throw new Error(
        token ? `KQL column ${token.at + 1}: ${symbol} is missing` : `KQL: ${symbol} is missing`,
      );
  }
}

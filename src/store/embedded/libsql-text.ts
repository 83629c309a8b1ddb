import { isUtf8 } from 'node:buffer';
import { DeadairError } from '../../platform/errors.js';

/** What the driver uses of a database, as both of its libraries have it. */
export interface RawStatement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}
export interface RawDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): RawStatement;
  close(): unknown;
}
export interface LibsqlDatabase extends RawDatabase {
  /** `type`: as declared in the table, null for an expression. */
  prepare(sql: string): RawStatement & { columns(): { name: string; type: string | null }[] };
}

/** How a statement is sent, and the columns whose values come back with a tag. */
interface Plan {
  sql: string;
  tagged: string[];
}

const TEXT = 't'.charCodeAt(0);

/**
 * libsql ends the process (`unwrap` in its value.rs) where a text it reads is no UTF-8, and in a damaged page any column may
 * hold one. So it never reads text: a text comes as a blob with `t` before it, and a blob that its column does not declare
 * with `b`. Bytes that are no UTF-8 become U+FFFD, as with `node:sqlite`. Pragmas are read as `SELECT … FROM pragma_…`.
 * @throws DeadairError `store.damaged`, by `prepare`, where names of tables, columns or types are no UTF-8: they end it, too
 */
export function withoutText(raw: LibsqlDatabase, file: string): RawDatabase {
  const plans = new Map<string, Plan>();
  let looked = false;
  return {
    exec: sql => raw.exec(sql),
    close: () => raw.close(),
    prepare: sql => {
      if (!looked) mustHaveNames(raw, file);
      looked = true;
      let plan = plans.get(sql);
      if (!plan) {
        plan = planOf(raw, sql);
        plans.set(sql, plan);
      }
      return statementOf(raw, plan);
    },
  };
}

function mustHaveNames(raw: RawDatabase, file: string): void {
  const schema = raw.prepare("SELECT CAST(name || coalesce(sql, '') AS BLOB) AS words FROM sqlite_master");
  for (const { words } of schema.all([]) as { words: ArrayBuffer | null }[])
    if (words === null || !isUtf8(new Uint8Array(words)))
      throw new DeadairError('store.damaged', `${file} is damaged (names of its tables are no text).`, {
        subject: file,
      });
}

function planOf(raw: LibsqlDatabase, sql: string): Plan {
  if (!/^\s*SELECT\b/i.test(sql)) return { sql, tagged: [] };
  const tagged: string[] = [];
  const columns = raw
    .prepare(sql)
    .columns()
    .map(({ name, type }) => {
      const column = `"${name}"`;
      if (type === 'BLOB')
        return `iif(typeof(${column}) = 'text', CAST(${column} AS BLOB), ${column}) AS ${column}`;
      tagged.push(name);
      const bytes = `CAST(substr(typeof(${column}), 1, 1) || ${column} AS BLOB)`;
      return `iif(typeof(${column}) IN ('text', 'blob'), ${bytes}, ${column}) AS ${column}`;
    });
  return { sql: `SELECT ${columns.join(', ')} FROM (${sql})`, tagged };
}

function statementOf(raw: LibsqlDatabase, { sql, tagged }: Plan): RawStatement {
  const statement = raw.prepare(sql);
  const untag = (row: Record<string, unknown>): unknown => {
    for (const name of tagged) {
      const value = row[name];
      if (typeof value === 'object' && value !== null)
        row[name] = untagged(Buffer.from(value as ArrayBuffer));
    }
    return row;
  };
  // A lone object, even null or a Buffer, is taken for named parameters: so always one array is passed.
  const all = (values: unknown[]) => (statement.all(values) as Record<string, unknown>[]).map(untag);
  return {
    run: (...values) => statement.run(values),
    // Its own `get` after an `all` answers with the values of that one.
    get: (...values) => all(values)[0],
    all: (...values) => all(values),
  };
}

function untagged(bytes: Buffer): string | Uint8Array {
  return bytes[0] === TEXT ? bytes.toString('utf8', 1) : bytes.subarray(1);
}

export interface Completion {
  /** Shown. */
  label: string;
  says: string;
  /** The whole query with it in place, and where the cursor goes. */
  text: string;
  cursor: number;
  /** A query of its own, to be searched at once. */
  whole: boolean;
}

export interface CompletionWords {
  agents: readonly string[];
  hosts: readonly string[];
  runs: readonly string[];
  /** Names that lines themselves have. */
  fields: readonly string[];
  /** Newest first. */
  history: readonly string[];
}

const FIELDS: [string, string][] = [
  ['agent:', 'the log it stands in'],
  ['level>=', 'this level and worse'],
  ['level:', 'exactly this level'],
  ['class:', 'kind of fault: timeout, disconnect …, fault for all'],
  ['host:', 'the machine'],
  ['path:', 'the file; its end is enough'],
  ['rule:', 'the rule that marked it'],
  ['event:', 'what the program did'],
  ['run:', 'lines of a run'],
  ['container:', 'container, service or unit'],
  ['stream:', 'stdout or stderr'],
  ['pod:', 'of Kubernetes'],
  ['namespace:', 'of Kubernetes'],
  ['time>=', 'a time as people write it'],
];
const LEVELS = ['debug', 'info', 'notice', 'warn', 'error', 'fatal'];
const CLASSES = ['fault', 'timeout', 'disconnect', 'refused', 'dns', 'tls', 'recovered'];
const MOST = 10;

/** What may stand where the cursor is: values of the field being typed, names of fields, earlier queries. */
export function complete(query: string, cursor: number, words: CompletionWords): Completion[] {
  const before = query.slice(0, cursor);
  const term = /[^\s()]*$/.exec(before)![0];
  const start = cursor - term.length;
  const place = (label: string, says: string, insert: string): Completion => ({
    label,
    says,
    text: query.slice(0, start) + insert + query.slice(cursor),
    cursor: start + insert.length,
    whole: false,
  });
  const value = /^(-?)([@\w.]+)(:|>=|<=|=|>|<)(.*)$/.exec(term);
  if (value) {
    const [, not, field, operator, typed] = value;
    return valuesOf(field!, words)
      .filter(one => starts(one, typed!.replace(/^"/, '')) && one !== typed)
      .slice(0, MOST)
      .map(one => place(one, '', `${not}${field}${operator}${/^[\w./-]+$/.test(one) ? one : `"${one}"`} `));
  }
  const earlier = words.history
    .filter(one => before.trim() !== '' && starts(one, before.trim()) && one !== query.trim())
    .slice(0, 4)
    .map(text => ({ label: text, says: 'searched before', text, cursor: text.length, whole: true }));
  if (term === '') return [];
  const bare = term.replace(/^-/, '');
  const sign = term.startsWith('-') ? '-' : '';
  const known = FIELDS.filter(([name]) => bare !== '' && starts(name, bare)).map(([name, says]) =>
    place(name, says, `${sign}${name}`),
  );
  const own = words.fields
    .filter(name => bare !== '' && starts(name, bare))
    .map(name => place(`${name}:`, 'a field of these lines', `${sign}${name}:`));
  return [...earlier, ...known, ...own].slice(0, MOST);
}

function valuesOf(field: string, words: CompletionWords): readonly string[] {
  switch (field.toLowerCase()) {
    case 'agent':
    case 'agent.id':
      return words.agents;
    case 'host':
    case 'host.name':
      return words.hosts;
    case 'run':
      return ['latest', ...new Set(words.runs)];
    case 'level':
    case 'log.level':
      return LEVELS;
    case 'class':
    case 'deadair.class':
      return CLASSES;
    case 'time':
      return ['15m', '1h', 'today', 'yesterday'];
    default:
      return [];
  }
}

const starts = (text: string, beginning: string) => text.toLowerCase().startsWith(beginning.toLowerCase());

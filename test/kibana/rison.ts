/** Reads Rison as Kibana does (rison-node's decode), independent of the writer in src/kibana/links.ts. */
export function readRison(text: string): unknown {
  let at = 0;
  const fail = (why: string): never => {
    throw new Error(`Rison: ${why} at ${at} of ${text}`);
  };
  const value = (): unknown => {
    const char = text[at];
    if (char === undefined) return fail('it ends too early');
    if (char === '(') return object();
    if (char === "'") return quoted();
    if (char === '!') return special();
    if (/[-0-9]/.test(char)) return number();
    return bare();
  };
  const special = (): unknown => {
    const kind = text[at + 1];
    at += 2;
    if (kind === 't') return true;
    if (kind === 'f') return false;
    if (kind === 'n') return null;
    if (kind === '(') return list();
    return fail(`unknown !${kind}`);
  };
  const list = (): unknown[] => {
    const items: unknown[] = [];
    while (text[at] !== ')') {
      if (items.length > 0 && text[at++] !== ',') fail('"," is missing');
      items.push(value());
    }
    at++;
    return items;
  };
  const object = (): Record<string, unknown> => {
    at++;
    const members: [string, unknown][] = [];
    while (text[at] !== ')') {
      if (members.length > 0 && text[at++] !== ',') fail('"," is missing');
      const key = value();
      if (text[at++] !== ':') fail('":" is missing');
      members.push([String(key), value()]);
    }
    at++;
    return Object.fromEntries(members);
  };
  const quoted = (): string => {
    let result = '';
    for (at++; text[at] !== "'"; at++) {
      if (at >= text.length) fail("' is missing");
      if (text[at] === '!') {
        at++;
        if (text[at] !== '!' && text[at] !== "'") fail('wrong escape');
      }
      result += text[at];
    }
    at++;
    return result;
  };
  const number = (): number => {
    const [found] = /^-?\d+(\.\d+)?(e-?\d+)?/.exec(text.slice(at)) ?? fail('no number');
    at += found!.length;
    return Number(found);
  };
  const bare = (): string => {
    const [found] = /^[^ '!:(),*@$]+/.exec(text.slice(at)) ?? fail('nothing readable');
    at += found!.length;
    return found!;
  };
  const result = value();
  if (at !== text.length) fail('something follows');
  return result;
}

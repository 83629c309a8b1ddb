import { LineDetector } from '../../detect/detector.js';
import { loadPacks } from '../../detect/load.js';
import type { Judgement } from '../../detect/rules.js';
import type { LineSource } from '../../detect/sources.js';
import { Glob } from '../../query/glob.js';
import type { EcsLine } from '../../records/ecs.js';
import { type ClientOptions, createClient } from '../client.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { ownPacks, ownPrograms } from '../packs.js';

/** So many lines before it may tell which program wrote the log. */
const LOOKED_AT = '500';

/** `deadair explain --line ID`: which program its source was taken for, and which rules matched the line. */
export async function explainLine(id: string, options: ClientOptions & { json?: boolean }): Promise<void> {
  const page = await createClient(options).get<{ records: EcsLine[]; at: number }>('/v1/context', {
    id,
    before: LOOKED_AT,
    after: '0',
  });
  const line = page.records[page.at]!;
  const detector = new LineDetector(loadPacks(await ownPacks()));
  const source = await sourceOf(line);
  for (const { deadair } of page.records.slice(0, page.at)) detector.classifyLine(deadair.raw, source);
  const judgements = detector.explain(line.deadair.raw, source);
  const taken = detector.sources.of(source);
  const decides = judgements[0]?.dismissed === undefined ? judgements[0]?.rule : undefined;
  if (options.json)
    printJson({
      id,
      program: taken?.program ?? null,
      why: taken?.why ?? null,
      class: decides?.class ?? 'none',
      stored: {
        class: line.deadair.class,
        rule: line.deadair.rule ?? null,
        event: line.deadair.event ?? null,
      },
      rules: judgements.map(({ rule, dismissed }) => ({
        rule: rule.name,
        class: rule.class,
        event: rule.event ?? null,
        dismissed: dismissed ?? null,
      })),
    });
  else print(lineText(line, taken, judgements));
}

async function sourceOf({ log, agent, deadair }: EcsLine): Promise<LineSource> {
  const source = { id: deadair.source, path: log.file.path, names: [agent.id] };
  for (const [glob, program] of Object.entries(await ownPrograms())) {
    const pattern = new Glob(glob);
    if (pattern.matches(source.path) || pattern.matches(agent.id)) return { ...source, program };
  }
  return source;
}

function lineText(
  line: EcsLine,
  taken: { program: string; why: string } | undefined,
  judgements: readonly Judgement[],
): string {
  const who =
    taken === undefined
      ? 'No program is known to have written it: general rules judge it, and those of a program whose marks it holds.'
      : `Taken for ${pc.bold(taken.program)}: ${taken.why}.`;
  const rules = judgements.map(({ rule, dismissed }, i) => {
    const says = rule.event ?? rule.class;
    const counts =
      dismissed === undefined ? (i === 0 ? 'decides' : 'stands behind it') : `does not count: ${dismissed}`;
    return `  ${rule.name} says ${says} (${counts})`;
  });
  return [
    line.message,
    `${who}\n  ${line.log.file.path} of ${line.agent.id}`,
    rules.length === 0 ? 'No rule matches it.' : `Rules that match it\n${rules.join('\n')}`,
    ...(line.deadair.class === 'none' && line.deadair.event === undefined
      ? []
      : [
          `Stored as ${line.deadair.event ?? line.deadair.class} by ${line.deadair.rule ?? 'an earlier version'}.`,
        ]),
  ].join('\n\n');
}

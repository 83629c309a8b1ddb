import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { Incident, IncidentChange } from '../../model/incident.js';
import { timeWords } from '../../wording/time.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { ownPacks } from '../packs.js';

interface ReplayCommandOptions {
  json?: boolean;
  speed?: number;
  packs?: string[];
}

/** `deadair replay FOLDER`: a recorded run through the real pipeline, its incidents on standard output. */
export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description(
      'replay a recorded run (logs and arrivals.jsonl) through the real pipeline and print its incidents',
    )
    .argument('<folder>', 'the recorded run: a folder, or a capsule of `deadair export`')
    .option('--json', 'print the incidents as a JSON array')
    .option('--speed <times>', 'replay so many times faster than it was (default: at once)', positive)
    .option(
      '--packs <files...>',
      'rule packs of your own (YAML), beside the built-in ones and those of deadair.yaml',
    )
    .action(async (folder: string, options: ReplayCommandOptions) => {
      const [{ loadPacks }, { readRecording }, { replay }, { recordingOf }] = await Promise.all([
        import('../../detect/load.js'),
        import('../../incidents/replay/recording.js'),
        import('../../incidents/replay/replay.js'),
        import('../../capsule/recording.js'),
      ]);
      const live = options.speed !== undefined && !options.json;
      const engine = await replay(isFile(folder) ? await recordingOf(folder) : readRecording(folder), {
        packs: loadPacks(await ownPacks(options.packs)),
        speed: options.speed,
        onChange: live ? change => print(changeLine(change)) : undefined,
      });
      const incidents = engine.incidents();
      if (options.json) printJson(incidents.map(toJson));
      else print(incidentTable(incidents));
    });
}

function isFile(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** The form others rely on, with ISO times; more fields may follow. */
function toJson(incident: Incident): Record<string, unknown> {
  const {
    kind,
    subjects,
    cause,
    openedAt,
    resolvedAt,
    explanation,
    evidence,
    startedAt,
    severity,
    run,
    consequences,
  } = incident;
  const lines = (list: Incident['evidence']) => list.map(line => ({ ...line, at: iso(line.at) }));
  return {
    kind,
    subjects,
    cause: cause ?? null,
    startedAt: iso(startedAt),
    openedAt: iso(openedAt),
    resolvedAt: resolvedAt === undefined ? null : iso(resolvedAt),
    explanation,
    evidence: lines(evidence),
    consequences: lines(consequences),
    severity,
    run: run ?? null,
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** One block an incident: what, the sentence, the lines it rests on. */
function incidentTable(incidents: readonly Incident[]): string {
  if (incidents.length === 0) return `${pc.green('No incidents.')}\n`;
  return incidents.map(block).join('\n');
}

function block(incident: Incident): string {
  const colour =
    incident.severity === 'critical' ? pc.red : incident.severity === 'warning' ? pc.yellow : pc.cyan;
  const head = `${colour(pc.bold(incident.kind))} ${pc.bold(incident.subjects.join(', '))}${incident.cause ? ` (${incident.cause})` : ''}`;
  const times = `  began ${timeWords(incident.startedAt, 'clock')}  told ${timeWords(incident.openedAt, 'clock')}  ${
    incident.resolvedAt === undefined ? 'open' : `over ${timeWords(incident.resolvedAt, 'clock')}`
  }`;
  const lines = incident.evidence.map(
    line => `    ${timeWords(line.at, 'clock')} ${pc.dim(line.by.padEnd(12))} ${line.text.slice(0, 160)}`,
  );
  const more =
    incident.consequences.length > 0
      ? [pc.dim(`    and ${incident.consequences.length} lines that are only a consequence`)]
      : [];
  return `${[head, pc.dim(times), `  ${incident.explanation}`, ...lines, ...more].join('\n')}\n`;
}

function changeLine({ change, incident, at }: IncidentChange): string {
  return `${timeWords(at, 'clock')} ${change.padEnd(8)} ${incident.kind} ${incident.subjects.join(', ')}: ${incident.explanation}`;
}

import { agentsIn } from '../../model/run.js';
import { messageText } from '../../records/text.js';
import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { clockTime, shortTime, type TimeStyle } from '../../wording/time.js';
import { cutMiddle, tellingSpot, wrapWords } from '../cells.js';
import { colors as pc } from '../colors.js';
import { LANE_LEGEND, laneRows } from './lanes.js';

/** What of `GET /v1/postmortem?format=json` a screen has room for. Times are RFC 3339. */
export interface ReportReply {
  run: { id: string; name: string; startedAt: string; endedAt?: string; outcome?: string; agents: string[] };
  state: 'good' | 'failed' | 'running';
  verdict: string;
  summary: string[];
  first?: {
    incident: {
      evidence: { at: string; by: string; role: string; text: string }[];
    };
  };
  chart: {
    from: string;
    to: string;
    lanes: {
      name: string;
      phases: { phase: string; from: string; to: string }[];
      outages: { from: string; to: string }[];
      marks: { at: string; kind: string }[];
    }[];
  };
  care?: { at: string; by: string; did: string; text?: string }[];
}

const MOST_LANES = 20;
const EVIDENCE = 3;
const RANK = ['cause', 'symptom', 'recovery', 'consequence'];

/** The post-mortem in a screen: what happened, the lanes, what proves it, what to do, and where the rest is. */
export function summaryText(report: ReportReply, { width, utc }: TimeStyle & { width: number }): string {
  const { run, first } = report;
  const mark =
    report.state === 'good' ? pc.green('✓') : report.state === 'running' ? pc.cyan('…') : pc.red('✗');
  const began = Date.parse(run.startedAt);
  const length = run.endedAt === undefined ? 'goes on' : durationWords(Date.parse(run.endedAt) - began);
  const prose = (text: string) => wrapWords(text, width);
  const parts = [
    prose(`${mark} ${pc.bold(report.verdict)}`),
    report.summary.map(line => prose(`  • ${line}`)).join('\n'),
    pc.dim(
      prose(
        `  ${run.name}  began ${shortTime(began, { utc })}, ${length}, ${run.outcome ?? 'outcome not known'}, ${plural(agentsIn(run), 'agent')}`,
      ),
    ),
    lanesBlock(report, width, utc),
  ];
  if (first) {
    parts.push(`${pc.bold('What proves it')}\n${evidenceRows(report, width, utc).join('\n')}`);
  }
  for (const { at, by, did, text } of report.care ?? [])
    parts.push(
      prose(`  ${clockTime(Date.parse(at), { utc })} ${by} ${did === 'noted' ? `noted: ${text}` : did}`),
    );
  parts.push(
    pc.dim(
      prose(`The whole of it: deadair postmortem ${run.id} --format md | less -R, or --output report.html`),
    ),
  );
  return parts.filter(Boolean).join('\n\n');
}

function lanesBlock({ chart }: ReportReply, width: number, utc: boolean): string {
  const lanes = chart.lanes.slice(0, MOST_LANES).map(lane => ({
    name: lane.name,
    phases: lane.phases.map(one => ({ ...one, from: Date.parse(one.from), to: Date.parse(one.to) })),
    outages: lane.outages.map(one => ({ from: Date.parse(one.from), to: Date.parse(one.to) })),
    marks: lane.marks.map(one => ({ ...one, at: Date.parse(one.at) })),
  }));
  if (lanes.length === 0) return '';
  const rows = laneRows(lanes, { from: Date.parse(chart.from), to: Date.parse(chart.to), width, utc });
  const more = chart.lanes.length - lanes.length;
  return [
    ...rows,
    pc.dim(wrapWords(`  ${more > 0 ? `${more} more hosts   ` : ''}${LANE_LEGEND}`, width)),
  ].join('\n');
}

function evidenceRows({ first }: ReportReply, width: number, utc: boolean): string[] {
  const { evidence } = first!.incident;
  const heaviest = [...evidence]
    .sort((a, b) => RANK.indexOf(a.role) - RANK.indexOf(b.role))
    .slice(0, EVIDENCE);
  const shown = heaviest.sort((a, b) => (a.at < b.at ? -1 : 1));
  const by = Math.max(...shown.map(one => one.by.length), 0);
  const rows = shown.map(one => {
    const head = `  ${clockTime(Date.parse(one.at), { utc })} ${one.by.padEnd(by)} `;
    const text = messageText(one.text);
    const { pieces, mark } = cutMiddle(text, Math.max(20, width - head.length), tellingSpot(text));
    return pc.dim(head) + pieces.map(([from, to]) => text.slice(from, to)).join(mark);
  });
  const more = evidence.length - shown.length;
  return more > 0 ? [...rows, pc.dim(`  and ${plural(more, 'more line')}`)] : rows;
}

import type { IncidentKind } from '../model/incident.js';
import { agentsIn } from '../model/run.js';
import { packageVersion } from '../platform/package-root.js';
import type { Diff } from '../templates/diff.js';
import { plural } from '../wording/amount.js';
import { distanceWords, durationWords, offsetWords } from '../wording/duration.js';
import { escapeHtml as e } from '../wording/html.js';
import { kindWords } from '../wording/incident.js';
import { clock, timeWords } from '../wording/time.js';
import { chartSvg } from './chart.js';
import type { Excerpt, FirstFailure, PostMortem, ReportIncident } from './model.js';
import { STYLE } from './style.js';
import { firstHeading } from './verdict.js';
import { DIFF_SECTIONS, speaker } from './words.js';

/** One self-contained file: no script, no font; nothing is loaded from outside, so it opens offline and prints. Links lead to Kibana. */
export function renderHtml(report: PostMortem): string {
  const sections = [
    header(report),
    section('Timeline of all hosts', `<div class="card scroll">${chartSvg(report)}${LEGEND}</div>`),
    report.first ? firstFailure(report.first, report.run, report.kibana?.lines ?? {}) : '',
    section('What happened, in order', story(report)),
    report.consequences.length > 0 ? section('What was only a consequence', consequences(report)) : '',
    report.incidents.length > 1 ? section('All incidents', report.incidents.map(incident).join('')) : '',
    report.care ? section('What people did', people(report.care)) : '',
    report.outages.length > 0 ? section('Outages', outages(report)) : '',
    section('Hosts', hosts(report)),
    report.complaints.by.length > 0 ? section('Who complained about whom', complaints(report)) : '',
    section('Clocks', clocks(report)),
    section('Missing lines', missing(report)),
    report.comparison ? section(`Compared with the last good run`, comparison(report)) : '',
    report.unusual.length > 0 ? section('Out of the ordinary', unusual(report)) : '',
    report.settings.length > 0 ? section('Settings to look at', settings(report)) : '',
    report.excerpts.length > 0 ? section('Full log excerpts', report.excerpts.map(fullExcerpt).join('')) : '',
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="generator" content="Deadair ${e(packageVersion)}">
<title>Post-mortem: ${e(report.run.name)}</title>
<style>${STYLE}</style>
</head>
<body><main>
${sections.filter(Boolean).join('\n')}
<footer>Made by Deadair ${e(packageVersion)} on ${timeWords(report.generatedAt)}. All times are UTC by the server’s clock. Secrets were removed.</footer>
</main></body>
</html>
`;
}

const DIFF_SHOWN = 15;
const EVIDENCE_SHOWN = 14;
/** Rows of a list of hosts that are shown at once. */
const HOSTS_SHOWN = 24;

const LEGEND = `<div class="legend">${[
  ['starting', 'starting'],
  ['waiting', 'waiting for the start'],
  ['working', 'working'],
  ['done', 'finished'],
  ['aborted', 'aborted'],
  ['failed', 'failed'],
  ['idle', 'idle'],
]
  .map(([name, words]) => `<span><i style="background:var(--${name})"></i>${words}</span>`)
  .join(
    '',
  )}<span><i style="background:repeating-linear-gradient(45deg,var(--fault) 0 2px,var(--fault-bg) 2px 5px)"></i>outage</span><span><b style="color:var(--fault)">▼</b> evidence</span><span><b style="color:var(--warn)">▼</b> consequence</span><span>small bars: lines written; dotted: silence</span></div>`;

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>\n${body}\n</section>`;
}

function header(report: PostMortem): string {
  const { run } = report;
  const length = run.endedAt === undefined ? 'still going' : durationWords(run.endedAt - run.startedAt);
  const facts: [string, string][] = [
    ['Run', run.name],
    ['Began', timeWords(run.startedAt).replace(/\.\d+ UTC/, ' UTC')],
    ['Length', length],
    ['Outcome', run.outcome ?? (run.endedAt === undefined ? 'running' : 'not known')],
    ['Agents', String(agentsIn(run))],
    ['Incidents', String(report.incidents.length)],
    ['Missing lines', report.missing.gaps.length === 0 ? 'none' : `${report.missing.gaps.length} gaps`],
  ];
  return `<header><div class="eyebrow">Post-mortem</div>
<div class="verdict ${report.state}"><h1>${e(report.verdict)}</h1>
<ul>${report.summary.map(line => `<li>${e(line)}</li>`).join('')}</ul></div>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${e(value)}</dd></div>`).join('')}</dl>${report.kibana ? `<p><a href="${e(report.kibana.run)}">All lines of this run in Kibana</a></p>` : ''}</header>`;
}

function firstFailure(first: FirstFailure, run: PostMortem['run'], kibana: Record<string, string>): string {
  const { incident, own, others } = first;
  const parts = [
    `<p><span class="badge ${incident.severity}">${incident.severity}</span> <span class="strong">${e(incident.headline)}</span></p>`,
    `<p>${e(incident.explanation)}</p>`,
    `<p class="dim">Began ${timeWords(incident.startedAt)}; could be known at ${timeWords(incident.openedAt, 'clock')} (${durationWords(incident.openedAt - incident.startedAt)} later)${incident.resolvedAt === undefined ? '; not resolved.' : `; resolved at ${timeWords(incident.resolvedAt, 'clock')}.`}</p>`,
    '<h3>Evidence</h3>',
    foldedLog(
      incident.evidence.map(line => ({
        at: line.at,
        role: line.role,
        text: `${speaker(line.by)}: ${line.text}`,
        // What others say of the failed one tells more than its own last words.
        telling: line.by !== 'deadair' && !incident.subjects.includes(line.by),
        ...(line.record && kibana[line.record] ? { link: kibana[line.record] } : {}),
      })),
    ),
  ];
  if (own)
    parts.push(
      `<h3>From its own side: the last lines of ${e(own.agent)}</h3>`,
      excerptLog(own, {
        at: incident.openedAt,
        text: `${timeWords(incident.openedAt, 'clock')} the fault is known from here on`,
      }),
    );
  else parts.push(`<p class="dim">${e(incident.subjects.join(', '))} left no log line in this run.</p>`);
  for (const other of others)
    parts.push(`<h3>From the other side: ${e(other.agent)}</h3>`, excerptLog(other));
  return section(firstHeading(first, run), `<div class="card">${parts.join('\n')}</div>`);
}

function story(report: PostMortem): string {
  const rows = report.timeline.map(
    entry =>
      `<tr><td class="t">${timeWords(entry.at, 'clock')}</td><td class="t n">${distanceWords(entry.offsetMs, 1)}</td><td><span class="badge ${entry.weight}">${e(entry.who)}</span></td><td class="wrap">${e(entry.what)}</td></tr>`,
  );
  return `<div class="card scroll"><table><thead><tr><th>Time</th><th class="n">In the run</th><th>Who</th><th>What</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function consequences(report: PostMortem): string {
  const rows = report.consequences.map(
    one =>
      `<details><summary>${e(one.by)} <span class="dim">– ${plural(one.count, 'line')} from ${timeWords(one.firstAt, 'clock')}: ${e((one.lines[0]?.text ?? '').slice(0, 110))}</span></summary>${log(
        one.lines.map(line => ({ at: line.at, role: 'consequence' as const, text: line.text })),
      )}</details>`,
  );
  return `<div class="card"><p class="dim">These hosts were well. What they logged followed from the failure above, so it needs no repair.</p>${folded(rows, 'hosts')}</div>`;
}

/** @param what the rows are, in the plural */
function folded(rows: string[], what: string): string {
  if (rows.length <= HOSTS_SHOWN) return rows.join('');
  const rest = rows.slice(HOSTS_SHOWN);
  return `${rows.slice(0, HOSTS_SHOWN).join('')}<details><summary>${rest.length} more ${what}</summary>${rest.join('')}</details>`;
}

function incident(one: ReportIncident): string {
  return `<div class="card"><p><span class="badge ${one.severity}">${one.severity}</span> <span class="strong">${e(one.headline)}</span> <span class="dim">${timeWords(one.startedAt, 'clock')} – ${one.resolvedAt === undefined ? 'not resolved' : `${timeWords(one.resolvedAt, 'clock')} (${durationWords(one.durationMs ?? 0)})`}</span></p><p>${e(one.explanation)}</p><details><summary>${plural(one.evidence.length, 'piece')} of evidence</summary>${log(one.evidence.map(line => ({ at: line.at, role: line.role, text: `${speaker(line.by)}: ${line.text}` })))}</details></div>`;
}

function people(care: NonNullable<PostMortem['care']>): string {
  return table(
    ['Time', 'Who', 'What', 'About'],
    care.map(one => [
      `<span class="t">${timeWords(one.at, 'clock')}</span>`,
      e(one.by),
      `<span class="wrap">${one.did === 'noted' ? e(one.text ?? '') : one.did}</span>`,
      e(one.headline),
    ]),
  );
}

function outages(report: PostMortem): string {
  return table(
    ['Who', 'What', 'From', 'To', '#Length'],
    report.outages.map(one => [
      e(one.subject),
      kindWords(one.kind as IncidentKind),
      timeWords(one.from, 'clock'),
      one.to === undefined ? '<span class="badge fault">not resolved</span>' : timeWords(one.to, 'clock'),
      `${one.to === undefined ? '≥ ' : ''}${durationWords(one.durationMs)}`,
    ]),
  );
}

function hosts(report: PostMortem): string {
  return table(
    [
      'Host',
      'State',
      'At the end',
      '#Lines',
      '#Warnings',
      '#Errors',
      '#Fault lines',
      'Last line',
      '#Outage',
      'Log',
    ],
    report.agents.map(one => [
      `<span class="strong">${e(one.agent)}</span>${one.host && one.host !== one.agent ? ` <span class="dim">${e(one.host)}</span>` : ''}`,
      `<span class="badge ${one.state}">${one.state}</span>`,
      e(one.ended),
      String(one.lines),
      count(one.warnings),
      count(one.errors),
      count(one.signals),
      one.lastAt === undefined ? '–' : clock(one.lastAt),
      one.outageMs > 0 ? durationWords(one.outageMs) : '–',
      `<span class="dim wrap">${e(one.paths.join(', '))}</span>`,
    ]),
  );
}

function count(value: number): string {
  return value === 0 ? '<span class="dim">0</span>' : String(value);
}

function complaints(report: PostMortem): string {
  const { by, about, counts, reading } = report.complaints;
  const rows = by.map(
    (name, i) =>
      `<tr><th>${e(name)}</th>${about.map((_, j) => `<td class="${counts[i]![j]! > 0 ? 'hit' : 'dim'}">${counts[i]![j] || '·'}</td>`).join('')}</tr>`,
  );
  return `<div class="card scroll">${reading ? `<p>${e(reading)}</p>` : ''}<table class="matrix" style="width:auto"><thead><tr><th>complained ↓ about →</th>${about.map(name => `<th>${e(name)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function clocks(report: PostMortem): string {
  if (report.clocks.length === 0)
    return '<p class="dim">Not measured: the collectors of this run sent no heartbeats.</p>';
  const list = table(
    ['Host', '#Offset to the server', '#±'],
    report.clocks.map(one => [e(one.agent), offsetWords(one.offsetMs), durationWords(one.plusMinusMs)]),
  );
  const worst = Math.max(...report.clocks.map(one => Math.abs(one.offsetMs)));
  return `<details${report.clocks.length <= 12 ? ' open' : ''}><summary>${report.clocks.length} hosts measured, at most ${durationWords(worst)} off</summary>${list}</details>`;
}

function missing(report: PostMortem): string {
  const { sentence, gaps } = report.missing;
  if (gaps.length === 0) return `<p><span class="badge good">complete</span> ${e(sentence)}</p>`;
  return `<p><span class="badge failed">incomplete</span> ${e(sentence)}</p>${table(
    ['Agent', 'Log', '#From byte', '#To byte', 'Reason', 'Noticed'],
    gaps.map(one => [
      e(one.agent),
      e(one.path),
      String(one.from),
      one.to === null ? 'not known' : String(one.to),
      e(one.reason),
      timeWords(one.at),
    ]),
  )}`;
}

function comparison(report: PostMortem): string {
  const { run, rows, lines } = report.comparison!;
  return `<p class="dim">${e(run.name)}, which began ${timeWords(run.startedAt)}.</p>${table(
    ['', 'Last good run', 'This run'],
    rows.map(one => [
      one.what,
      e(one.good),
      one.differs ? `<span class="badge fault">${e(one.now)}</span>` : e(one.now),
    ]),
  )}${lines ? differences(lines) : ''}`;
}

/** Kinds of lines, the most telling first; stack frames are left out. */
function differences(diff: Diff): string {
  const parts = DIFF_SECTIONS.flatMap(({ key, title, note }) => {
    const rows = diff[key];
    if (rows.length === 0) return [];
    const shown = rows
      .slice(0, DIFF_SHOWN)
      .map(one => [
        String(one.before),
        String(one.now),
        e(one.agent ?? ''),
        `<code class="wrap">${e(one.example.slice(0, 200))}</code>`,
      ]);
    const more =
      rows.length > DIFF_SHOWN ? `<p class="dim">… and ${rows.length - DIFF_SHOWN} more kinds.</p>` : '';
    const open = key === 'new' || key === 'oneHost' ? ' open' : '';
    return [
      `<details${open}><summary>${title} <span class="dim">– ${plural(rows.length, 'kind')} of lines${note}</span></summary>${table(['#Then', '#Now', 'Only on', 'Line'], shown)}${more}</details>`,
    ];
  });
  return `${parts.join('')}<p class="dim">${diff.same} kinds of lines are as they were.</p>`;
}

function unusual(report: PostMortem): string {
  return `<p class="dim">Hints, not faults: by themselves they raise no alarm.</p>${table(
    ['Time', 'What', 'Line'],
    report.unusual.map(one => [
      `<span class="t">${timeWords(one.at, 'clock')}</span>`,
      e(one.sentence),
      `<code class="wrap">${e(one.example.slice(0, 200))}</code>`,
    ]),
  )}`;
}

function settings(report: PostMortem): string {
  return table(
    ['Setting of the program', 'Because of'],
    report.settings.map(one => [`<code>${e(one.name)}</code>`, e(one.because)]),
  );
}

function fullExcerpt(excerpt: Excerpt): string {
  return `<details><summary>${e(excerpt.agent)} <span class="dim">${e(excerpt.path)}, ${excerpt.lines.length} lines</span></summary>${excerptLog(excerpt)}</details>`;
}

function excerptLog(excerpt: Excerpt, moment?: { at: number; text: string }): string {
  const rows = excerpt.lines.map(line => ({
    at: line.at,
    role: line.role,
    level: line.level,
    text: line.text,
  }));
  const at = moment ? rows.findIndex(row => row.at > moment.at) : -1;
  const html = rows.map(logRow);
  if (moment) html.splice(at < 0 ? html.length : at, 0, `<div class="now">${e(moment.text)}</div>`);
  if (excerpt.moreBefore) html.unshift('<div class="more">… earlier lines are not shown</div>');
  if (excerpt.moreAfter) html.push('<div class="more">… later lines are not shown</div>');
  return `<div class="log">${html.join('')}</div>`;
}

interface LogLine {
  at: number;
  role?: string | undefined;
  level?: string;
  text: string;
  /** Its surrounding documents in Kibana. */
  link?: string | undefined;
}

function log(lines: LogLine[]): string {
  return `<div class="log">${lines.map(logRow).join('')}</div>`;
}

/** As much as tells the story, the rest folded: of a hundred agents each may have said the same. */
function foldedLog(lines: (LogLine & { telling: boolean })[]): string {
  if (lines.length <= EVIDENCE_SHOWN + 2) return log(lines);
  const telling = lines.filter(line => line.telling).slice(0, EVIDENCE_SHOWN - 4);
  const others = lines.filter(line => !line.telling).slice(0, EVIDENCE_SHOWN - telling.length);
  const shown = new Set([...telling, ...others]);
  const rest = lines.filter(line => !shown.has(line));
  return `${log(lines.filter(line => shown.has(line)))}<details><summary>${rest.length} more lines of evidence</summary>${log(rest)}</details>`;
}

function logRow(line: LogLine): string {
  const level =
    line.level === 'error' || line.level === 'fatal' ? 'error' : line.level === 'warn' ? 'warn' : '';
  const word = line.level && line.level !== 'none' ? line.level.toUpperCase() : '';
  const classes = [line.role, line.role ? '' : level].filter(Boolean).join(' ');
  return `<div${classes ? ` class="${classes}"` : ''}><time>${timeWords(line.at, 'clock')} ${word}</time>${e(line.text)}${line.link ? ` <a href="${e(line.link)}">in Kibana</a>` : ''}</div>`;
}

/** @param heads a leading # sets a column of numbers; cells are HTML */
function table(heads: string[], rows: string[][]): string {
  const numeric = heads.map(head => head.startsWith('#'));
  const cell = (tag: string, text: string, i: number) =>
    `<${tag}${numeric[i] ? ' class="n"' : ''}>${text}</${tag}>`;
  const head = heads.map((text, i) => cell('th', text.replace('#', ''), i)).join('');
  const body = rows.map(row => `<tr>${row.map((text, i) => cell('td', text, i)).join('')}</tr>`).join('\n');
  return `<div class="card scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

import fs from 'node:fs';
import path from 'node:path';
import type { Expected, Scenario } from './scenarios.js';
import { AGENTS, Site, TIMES, type ToldIncident } from './site.js';

export interface Row {
  name: string;
  expected: string;
  got: string;
  /** Seconds from what could be known to the alert's arrival; undefined where none is expected or none came. */
  delay?: number | undefined;
  /** The bound of the issue: 2 heartbeats + 5 s. */
  bound: number;
  resolved: string;
  failures: string[];
}

/** `K6-all-wait-for-one.capsule.tar.gz` */
export function twinName({ kind, name }: Pick<Scenario, 'kind' | 'name'>): string {
  return `${kind}-${name
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/-$/, '')
    .toLowerCase()}.capsule.tar.gz`;
}

export const BOUND = 2 * TIMES.heartbeat + 5;
/** A busy machine delays probes, heartbeats and this test itself; the table shows the true figures. */
const SLACK = 15;
const SETTLE = 5;
const RECOVERY_LIMIT = 60;

const pause = (seconds: number) => new Promise(resolve => setTimeout(resolve, seconds * 1000));

function words({ kind, subjects, cause }: Expected | ToldIncident): string {
  return `${kind} ${subjects.join(',')}${cause ? ` (${cause})` : ''}`;
}

function same(expected: Expected, told: ToldIncident): boolean {
  return expected.subjects.every(subject => told.subjects.includes(subject));
}

/** The run is at work, and every witness has been heard since. */
async function beginWork(site: Site, scenario: Scenario): Promise<void> {
  // agents first, so that a collector's first look finds them
  if (scenario.begin) await scenario.begin(site);
  else for (const agent of AGENTS) site.startAgent(agent);
  for (const host of ['ctl', ...AGENTS] as const) site.startCollector(host);
  await site.collectorsFollow();
  if (scenario.begin) await pause(6);
  else {
    await site.agentsListen();
    site.startController(scenario.runSeconds ?? 600);
    await site.workloadBegins();
    if (scenario.learns) await addressesLearnt(site);
    await pause(3 * TIMES.heartbeat + 2);
  }
}

/** The service has found out where the agents listen, and been answered there. */
function addressesLearnt(site: Site): Promise<void> {
  const log = path.join(site.folder, 'service.err');
  return site.until('the addresses are learnt', 60, () => {
    const lines = fs.readFileSync(log, 'utf8').split('\n');
    return AGENTS.every(agent =>
      lines.some(line => line.includes('probe.address-learnt') && line.includes(`"${agent}"`)),
    );
  });
}

/** @param twins where a capsule of each scenario that stands for a kind is kept; undefined: nowhere */
export async function runScenario(
  scenario: Scenario,
  folder: string,
  number: number,
  twins?: string,
): Promise<Row> {
  const expected = scenario.expect.map(words).join('; ') || 'nothing';
  const row: Row = { name: scenario.name, expected, got: '', bound: BOUND, resolved: '-', failures: [] };
  const site = new Site(folder, number);
  try {
    await site.open({ group: scenario.group, learns: scenario.learns });
    await beginWork(site, scenario);
    const called = Date.now();
    const faultAt = (await scenario.fault(site)) ?? (scenario.begin ? Date.now() : called);
    await judge(scenario, site, faultAt, row);
    if (twins !== undefined && scenario.kind !== undefined && row.failures.length === 0)
      site.keepCapsule(path.join(twins, twinName(scenario)));
  } catch (error) {
    row.failures.push(String(error));
  } finally {
    row.failures.push(...site.problems);
    await site.close().catch(error => row.failures.push(`clean-up: ${error}`));
    if (row.failures.length === 0) fs.rmSync(folder, { recursive: true, force: true });
  }
  return row;
}

async function judge(scenario: Scenario, site: Site, faultAt: number, row: Row): Promise<void> {
  const knowableAt = faultAt + scenario.knowable * 1000;
  const told = (expected: Expected, change?: string) =>
    site.alerts.find(alert =>
      alert.incidents.some(one => same(expected, one) && (change === undefined || one.change === change)),
    );
  const alerted = site
    .until('an alert', scenario.knowable + BOUND + SLACK, () =>
      scenario.expect.every(expected => told(expected) !== undefined),
    )
    .catch(() => row.failures.push(`no alert within ${BOUND} + ${SLACK} s of what could be known`));
  if (scenario.recoverAfter !== undefined) {
    await pause(Math.max(0, faultAt + scenario.recoverAfter * 1000 - Date.now()) / 1000);
    await scenario.recover?.(site);
  }
  await alerted;
  const arrivals = scenario.expect.flatMap(expected => told(expected)?.at ?? []);
  if (arrivals.length > 0) row.delay = (Math.max(...arrivals) - knowableAt) / 1000;
  if (scenario.recover && row.failures.length === 0) {
    if (scenario.recoverAfter === undefined) {
      await pause(SETTLE);
      if (scenario.expect.some(expected => told(expected, 'resolved')))
        row.failures.push('told as over before the recovery');
      await scenario.recover(site);
    }
    const recoveredAt =
      scenario.recoverAfter === undefined ? Date.now() : faultAt + scenario.recoverAfter * 1000;
    await site
      .until('the end is told', RECOVERY_LIMIT, () =>
        scenario.expect.every(expected => told(expected, 'resolved') !== undefined),
      )
      .then(() => {
        const ends = scenario.expect.map(expected => told(expected, 'resolved')?.at ?? 0);
        row.resolved = `after ${((Math.max(...ends) - recoveredAt) / 1000).toFixed(1)} s`;
      })
      .catch(() => row.failures.push(`not resolved within ${RECOVERY_LIMIT} s of the recovery`));
  }
  await pause(scenario.settle ?? SETTLE);
  const incidents = await site.incidents();
  for (const says of scenario.says ?? [])
    if (!incidents.some(one => says.test(one.explanation))) row.failures.push(`nobody says ${says}`);
  for (const wanted of scenario.titles ?? [])
    if (!site.alerts.some(({ title }) => wanted.test(title)))
      row.failures.push(
        `no message is titled ${wanted}: ${site.alerts.map(({ title }) => title).join(' | ')}`,
      );
  for (const unwanted of scenario.neverTitled ?? [])
    for (const { title } of site.alerts)
      if (unwanted.test(title)) row.failures.push(`a message is titled ${title}`);
  row.got = incidents.map(words).join('; ') || 'nothing';
  const wanted = scenario.expect.map(words).sort().join('; ');
  if (incidents.map(words).sort().join('; ') !== wanted)
    row.failures.push(
      `incidents are: ${incidents.map(one => `${words(one)}: ${one.explanation}`).join(' | ')}`,
    );
  if (scenario.expect.length === 0 && site.alerts.length > 0)
    row.failures.push(`alerts: ${JSON.stringify(site.alerts)}`);
  if (
    !scenario.recover &&
    !scenario.momentary &&
    scenario.expect.some(expected => told(expected, 'resolved'))
  )
    row.failures.push('told as over although the fault stays');
}

/** Healthy runs one after the other on one site: start, silent workload, orderly end. Nothing may be told. */
export async function runClean(count: number, folder: string, number: number, learns = false): Promise<Row> {
  const row: Row = {
    name: `${count} clean runs${learns ? ', addresses learnt' : ''}`,
    expected: 'nothing',
    got: '',
    bound: BOUND,
    resolved: '-',
    failures: [],
  };
  const site = new Site(folder, number);
  try {
    await site.open({ learns });
    for (const host of ['ctl', ...AGENTS] as const) site.startCollector(host);
    await site.collectorsFollow();
    for (let run = 1; run <= count; run++) {
      for (const agent of AGENTS) site.startAgent(agent);
      await site.until('the agents listen', 60, () =>
        AGENTS.every(agent => site.log(agent).split('agent listening').length > run),
      );
      site.startController(TIMES.silent + 3);
      await site.exited('controller');
      for (const agent of AGENTS) await site.stop(agent);
    }
    const complete = site.log('controller').split('run complete').length - 1;
    if (complete !== count) row.failures.push(`${complete} of ${count} runs were complete`);
    await pause(TIMES.silent + SETTLE);
    const incidents = await site.incidents();
    row.got = incidents.map(words).join('; ') || 'nothing';
    if (incidents.length > 0 || site.alerts.length > 0)
      row.failures.push(`told: ${incidents.map(one => `${words(one)}: ${one.explanation}`).join(' | ')}`);
  } catch (error) {
    row.failures.push(String(error));
  } finally {
    row.failures.push(...site.problems);
    await site.close().catch(error => row.failures.push(`clean-up: ${error}`));
    if (row.failures.length === 0) fs.rmSync(folder, { recursive: true, force: true });
  }
  return row;
}

import { clock } from '../../wording/time.js';
import { observation, type Verdict } from '../facts.js';
import { processWords } from '../processes.js';
import { type HostContext, lastWordsBy } from './host-context.js';

/**
 * Controllers by their own host's word: no port tells of them, but the process does. What their logs and their agents tell of the same
 * (judges/controller.ts) comes first.
 */
export function judgeControllers(context: HostContext): Verdict[] {
  const { hosts, now, runs } = context;
  return runs.flatMap((run): Verdict[] => {
    const id = run.run.controller;
    const witness = id === undefined ? undefined : hosts.agents[id];
    const host = id === undefined ? undefined : hosts.hostOf(id);
    if (id === undefined || !witness || !host || host.goodbye !== undefined || !hosts.isBeside(id)) return [];
    const process = witness.process.at(-1);
    if (!process || process.last < host.lastAt || process.since < run.started.at) return [];
    if (context.endOf(run) < now) return [];
    const told = context.earlier.some(
      verdict => verdict.run === run.run.id && verdict.subjects.includes('controller'),
    );
    if (told) return [];
    const evidence = [
      observation(process.since, `controller: ${processWords(process.value)} on ${host.host}`, 'cause'),
    ];
    const base = {
      subjects: ['controller'],
      run: run.run.id,
      startedAt: process.since,
      evidence,
      consequences: [],
    };
    if (process.value === 'gone')
      return [
        {
          ...base,
          key: `controller-lost:${run.run.id}`,
          kind: 'controller-lost',
          cause: 'crashed',
          severity: 'critical',
          knowableAt: lastWordsBy(context, host, id, process.since),
          explanation: `The controller's process on ${host.host} is gone since ${clock(process.since)} and its log has no end: it died, was killed, or the session that it ran in ended (ssh without tmux takes it along).`,
        },
      ];
    if (process.value !== 'T' && process.value !== 'D') return [];
    return [
      {
        ...base,
        key: `controller-stalled:${run.run.id}`,
        kind: 'controller-stalled',
        cause: 'frozen',
        severity: 'critical',
        knowableAt: process.since + context.settings.frozenAfter,
        explanation: `The controller on ${host.host} stands still since ${clock(process.since)}: ${processWords(process.value)}. Its agents work on and report to nobody.`,
      },
    ];
  });
}

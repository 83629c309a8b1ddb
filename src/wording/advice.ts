import type { Cause, Incident, IncidentKind } from '../model/incident.js';
import { placeWords } from './incident.js';
import { clock } from './time.js';

type Advice = (who: string, at: string) => string;

/** What somebody who has never seen the system can do about each cause, with the commands to use. */
const BY_CAUSE: Partial<Record<Cause, Advice>> = {
  crashed: (who, at) =>
    `find out on ${who} why the process died about ${at}: dmesg -T | grep -iE 'killed process|segfault', journalctl, its exit code and its memory.`,
  reset: (who, at) =>
    `look for what cut the connection to ${who} at ${at}: a restart of the program, a firewall or balancer that drops idle connections.`,
  unresponsive: (who, at) =>
    `see whether ${who} can be reached at all (console, ping, switch port), and what happened there about ${at}: link down, host or process frozen, firewall changed, storage hanging.`,
  partition: (_, at) =>
    `look at what all of them share: the controller's own link, its switch or VPN, a firewall change about ${at}.`,
  'host-unreachable': (who, at) =>
    `look at power and link of ${who}, at the console and the switch port, and at what happened there about ${at}.`,
  frozen: who =>
    `look at the process on ${who}: ps -o pid,stat,wchan,cmd -C PROGRAM; T is stopped (kill -CONT), D waits for storage (dmesg -T | grep -i 'hung task').`,
  refused: who =>
    `start the program on ${who} and see that it listens (ss -ltnp); before the next run: deadair preflight ${who}.`,
  dns: who =>
    `see what the name of ${who} resolves to: getent hosts NAME; write addresses into the configuration otherwise.`,
  tls: who =>
    `look at the certificate of ${who}: its dates, its name, its authority, and the clock of both sides.`,
  'disk-full': who =>
    `make room on ${who}: df -h, df -i; the log directory and the test data are the usual places.`,
  permission: who =>
    `give the program on ${who} its rights back: ls -ld on the path in the evidence, chown or chmod, a read-only mount.`,
  credentials: who => `renew the credentials of ${who}: they are missing, wrong or expired.`,
  'port-taken': who => `see on ${who} who holds the port (ss -ltnp) and stop it, or choose another port.`,
  timeout: (who, at) =>
    `see what lies on the way to the port of ${who} since about ${at}: firewall (iptables -L -n -v), security group, VPN; and load and network loss there (ping -s 1400, mtr).`,
  'wrong-address': who =>
    `correct the address of ${who} in the controller's configuration, or start it where the configuration expects it (ss -ltnp there).`,
  busy: () =>
    'two controllers use the same agents: wait until the other run has ended, or end it; give each run agents of its own otherwise.',
};

const BY_KIND: Partial<Record<IncidentKind, Advice>> = {
  'controller-lost': (who, at) =>
    `find out on ${who} what ended the controller about ${at}: was it started over ssh without tmux or nohup, the end of the session killed it (its tee is gone too); else dmesg -T | grep -iE 'killed process', its exit code. The agents may still run: stop them before the next run.`,
  'collector-lost': who =>
    `see on ${who} whether its collector runs (systemctl status deadair-collect, ps) and whether large packets get through (ping -M do -s 1400): its log stays on its disk and is read when it is back.`,
  'agent-not-ready': who =>
    `see on ${who} whether the program runs and listens where the controller expects it (ss -ltnp), and what its log says; before the next run: deadair preflight ${who}.`,
  'startup-timeout': () =>
    'compare the agents that answered with those that did not (deadair status), end the run and start it anew; deadair preflight checks all of them before.',
  overdue: who =>
    `see on ${who} what it still does: top, iostat -x 1, its last lines; ending it ends the run.`,
  'agent-stalled': who =>
    `look at the program on ${who}: ps -eLo pid,stat,wchan,cmd | grep -E ' [DT]'; iostat -x 1; its last lines.`,
  'log-gap': who =>
    `see on ${who} whether its log directory is full or not writable (df -h, mount), whether tee still runs, and which files its collector follows.`,
  'clock-skew': who => `set the clock of ${who}: timedatectl, chronyc tracking.`,
  'network-fault': (who, at) =>
    `see who the peer in the evidence is, whether its program runs and listens there (ss -ltnp) and its host is up; then the way to it from ${who}: nc -zv, ping, a firewall changed about ${at}.`,
  'port-conflict': who => `see on ${who} who holds the port (ss -ltnp) and stop it, or choose another port.`,
  'store-unreachable': () =>
    'see whether Elasticsearch runs (docker-compose ps, its log, df -h) and what `deadair elasticsearch check` says; it goes on by itself when it answers, and the collectors send what waits.',
};
/** Of what is over: nobody can look at it any more, only at what it left. */
const AFTERWARDS: Partial<Record<Cause | IncidentKind, Advice>> = {
  overdue: (who, at) =>
    `compare ${who} with the others from ${at} on: its log, and load, storage and network there (sar, iostat); the slower one sets how long a run takes.`,
  frozen: (who, at) =>
    `it goes on again; what held it up on ${who} about ${at}: dmesg -T | grep -iE 'hung task|blocked for', the storage's own log, somebody who stopped it (kill -STOP).`,
};
/** The kind says more than the cause: who died is another matter for a controller than for an agent. */
const KIND_FIRST: ReadonlySet<IncidentKind> = new Set(['controller-lost', 'collector-lost', 'network-fault']);

/** One sentence, or none where nothing useful is known. */
export function adviceFor(
  incident: Pick<Incident, 'kind' | 'cause' | 'subjects' | 'startedAt' | 'resolvedAt' | 'places'>,
): string | undefined {
  const { kind, cause } = incident;
  // somebody asked for it
  if (cause === 'interrupted') return undefined;
  const byCause = cause && BY_CAUSE[cause];
  const over = incident.resolvedAt === undefined ? undefined : AFTERWARDS[cause ?? kind];
  const advice = over ?? (KIND_FIRST.has(kind) ? (BY_KIND[kind] ?? byCause) : (byCause ?? BY_KIND[kind]));
  if (!advice) return undefined;
  const who = incident.subjects.length === 0 ? 'the host' : placeWords(incident);
  return `What to do: ${advice(who, `${clock(incident.startedAt)} UTC`)}`;
}

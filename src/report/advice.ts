import type { Cause, Incident } from '../model/incident.js';
import { subjectWords, timeWords } from '../wording/incident.js';

type Advice = (who: string, at: string) => string;

/** What somebody who has never seen the system can do about each cause, with the commands to use. */
const BY_CAUSE: Partial<Record<Cause, Advice>> = {
  crashed: (who, at) =>
    `find out on ${who} why the process died about ${at}: dmesg -T | grep -iE 'killed process|segfault', journalctl, its exit code and its memory.`,
  reset: (who, at) =>
    `look for what cut the connection to ${who} at ${at}: a restart of the program, a firewall or balancer that drops idle connections.`,
  unresponsive: (who, at) =>
    `see whether ${who} is up and reachable (console, ping, its switch port), and what happened there about ${at}: link down, host or process frozen, firewall changed, storage hanging.`,
  partition: (_, at) =>
    `look at what all of them share: the controller's own link, its switch or VPN, a firewall change about ${at}.`,
  'host-unreachable': (who, at) =>
    `see whether ${who} has power and link (console, switch port), and what happened there about ${at}.`,
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
    `see what kept ${who} from answering in time about ${at}: load, storage, network loss (ping, mtr).`,
};

/** One sentence, or none where nothing useful is known. */
export function adviceFor(incident: Pick<Incident, 'cause' | 'subjects' | 'startedAt'>): string | undefined {
  const advice = incident.cause && BY_CAUSE[incident.cause];
  if (!advice) return undefined;
  const who = incident.subjects.length === 0 ? 'the host' : subjectWords(incident.subjects);
  return `What to do: ${advice(who, `${timeWords(incident.startedAt, 'clock').slice(0, 8)} UTC`)}`;
}

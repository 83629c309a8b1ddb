import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import { durationWords } from '../../wording/duration.js';
import { colors as pc } from '../colors.js';
import { print } from '../output.js';

interface DemoFlags {
  speed: string;
  port?: string;
  wait: boolean;
}

const SAMPLE = '07-linkdown-permanent';

/** `deadair demo`: a recorded fault happens again, through the real collector and the real service. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .summary('watch a recorded fault happen: one of eight agents loses its link')
    .description(
      'Appends the logs of a recorded run to real files at the recorded pace; a real collector and service do the rest.\n' +
        'Within a minute: the agents, the incident, the alert, the post-mortem. Everything lies in a temporary directory.',
    )
    .option('--speed <times>', 'times faster; above 1 the recorded timers no longer fit', '1')
    .option('--port <port>', 'port of the page; default 7707, or any that is free')
    .option('--no-wait', 'end when the post-mortem is there, instead of waiting for Ctrl-C')
    .action(async (flags: DemoFlags) => {
      const speed = Number(flags.speed);
      if (!(speed > 0))
        throw new DeadairError('usage.invalid', '--speed takes a number above 0.', { subject: '--speed' });
      await runDemo(speed, flags);
    });
}

async function runDemo(speed: number, flags: DemoFlags): Promise<void> {
  const [
    { Settings },
    { readRecording },
    { planDemo, play },
    { SystemClock },
    { packageRoot },
    { startUp },
    { untilStopped },
  ] = await Promise.all([
    import('../../config/settings.js'),
    import('../../incidents/replay/recording.js'),
    import('../../demo/player.js'),
    import('../../platform/clock.js'),
    import('../../platform/package-root.js'),
    import('./up.js'),
    import('../foreground.js'),
  ]);
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-demo-'));
  const logs = path.join(folder, 'logs');
  const settingsAt = (port: number) =>
    Settings.parse({
      data: path.join(folder, 'data'),
      server: { port },
      // The logs are the recording's: who writes them here says nothing about the agents.
      collect: { watch: [logs], heartbeat: { processes: false } },
      log: { level: 'error' },
    });
  const running = await startUp(settingsAt(Number(flags.port ?? 7707))).catch(thrown => {
    if (!(thrown instanceof DeadairError) || thrown.code !== 'port.taken' || flags.port !== undefined)
      throw thrown;
    return startUp(settingsAt(0));
  });
  const clock = new SystemClock();
  const stopping = new AbortController();
  const stopped = untilStopped().then(() => stopping.abort());
  const say = (text: string): void => print(`${text}\n`);
  try {
    say(
      `\n  ${pc.bold('Deadair demo')}: a recorded run of sai3-bench on eight agents; the link of one goes down.\n`,
    );
    say(`  Open ${pc.cyan(running.url)} and watch.\n`);
    const steps = planDemo(readRecording(path.join(packageRoot, 'samples', SAMPLE)), clock.now(), speed);
    const seconds = Math.round((steps.at(-1)?.after ?? 0) / 1000);
    const silence = Math.max(...steps.map((step, i) => step.after - (steps[i - 1]?.after ?? 0)));
    say(`  The agents start. The whole takes ${durationWords(seconds * 1000)}.`);
    const found = untilAlerted(running.url, stopping.signal).then(run => {
      if (run === undefined) return;
      say(
        `\n  The incident is open, and above is its alert. Its post-mortem: ${pc.cyan(`${running.url}/v1/postmortem${run}`)}\n`,
      );
    });
    const done = await play(steps, logs, clock, stopping.signal, (step, index) => {
      const next = steps[index + 1];
      if (next && next.after - step.after === silence)
        say(
          `  All eight work, and write nothing: that is normal. In this silence the link of agent-4 goes down;\n` +
            `  its controller notices in ${durationWords(silence)}.\n`,
        );
    });
    await found;
    if (done && flags.wait) {
      say('  The recording is over. Look around; Ctrl-C ends the demo and removes its files.');
      await stopped;
    }
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  // The wait for a signal would keep the process.
  process.exit(0);
}

/** @returns the query of the post-mortem's address; undefined when the demo was stopped first */
async function untilAlerted(url: string, stopped: AbortSignal): Promise<string | undefined> {
  const end = performance.now() + 180_000;
  while (!stopped.aborted) {
    const { incidents } = (await (await fetch(`${url}/v1/incidents`)).json()) as {
      incidents: { run?: string | null }[];
    };
    const alerts = (await (await fetch(`${url}/v1/alerts`)).json()) as {
      notifications: { status: string }[];
    };
    // The alert waits a moment for others of the same event.
    if (incidents.length > 0 && alerts.notifications.some(one => one.status === 'delivered'))
      return incidents[0]?.run ? `?run=${incidents[0].run}` : '';
    if (performance.now() > end)
      throw new DeadairError('internal', 'The recorded incident was not found; please report this.');
    await new Promise(resolve => setTimeout(resolve, 250));
  }
  return undefined;
}

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Collector } from '../../collectors/collector.js';
import { type Bench, setUp } from './bench.js';

/** What public reports tell of rotation, links and restarts: each line must be stored once. */
interface Situation {
  /** Program and number of the report. */
  source: string;
  what: string;
  lines: number;
  /** Watched instead of the folder. */
  watch?: string;
  run(bench: Bench, program: Program): Promise<void>;
}

/** Writes numbered lines, and waits until the collector has them. */
interface Program {
  write(file: string, count: number): void;
  stored(): Promise<void>;
  restart(between: () => void): Promise<void>;
}

const copyTruncate = (bench: Bench, name: string) => {
  if (fs.existsSync(bench.file(`${name}.1`))) bench.rename(`${name}.1`, `${name}.2`);
  fs.copyFileSync(bench.file(name), bench.file(`${name}.1`));
  fs.truncateSync(bench.file(name));
};

const SITUATIONS: Situation[] = [
  {
    source: 'fluent-bit#1118',
    what: 'a link to a folder leads to another folder from now on',
    lines: 200,
    watch: 'current',
    async run(bench, program) {
      for (const release of ['v1', 'v2']) fs.mkdirSync(bench.file(release));
      fs.symlinkSync('v1', bench.file('current'));
      program.write('v1/e.log', 100);
      await program.stored();
      fs.unlinkSync(bench.file('current'));
      fs.symlinkSync('v2', bench.file('current'));
      program.write('v2/e.log', 100);
    },
  },
  {
    source: 'fluentd#1673',
    what: 'a log takes another name that is watched, too',
    lines: 100,
    async run(bench, program) {
      program.write('xxaudit.log', 100);
      await program.stored();
      bench.rename('xxaudit.log', 'yyaudit.log');
    },
  },
  {
    source: 'fluentd#3114',
    what: 'a log is removed and made anew',
    lines: 200,
    async run(bench, program) {
      program.write('a.log', 100);
      await program.stored();
      fs.unlinkSync(bench.file('a.log'));
      program.write('a.log', 100);
    },
  },
  {
    source: 'beats#39731',
    what: 'copied and truncated',
    lines: 300,
    async run(bench, program) {
      program.write('a.log', 100);
      await program.stored();
      program.write('a.log', 100);
      copyTruncate(bench, 'a.log');
      program.write('a.log', 100);
    },
  },
  {
    source: 'beats#45300',
    what: 'copied and truncated twice, then the collector restarts',
    lines: 300,
    async run(bench, program) {
      for (let round = 0; round < 2; round++) {
        program.write('a.log', 100);
        await program.stored();
        copyTruncate(bench, 'a.log');
        await program.stored();
      }
      await program.restart(() => program.write('a.log', 100));
    },
  },
  {
    source: 'fluentd#2628',
    what: 'written and renamed while the collector is down',
    lines: 300,
    async run(bench, program) {
      program.write('slow.log', 100);
      await program.stored();
      await program.restart(() => {
        program.write('slow.log', 100);
        bench.rename('slow.log', 'slow.log.1');
        program.write('slow.log', 100);
      });
    },
  },
  {
    source: 'beats#1341',
    what: 'removed and made under other names, with inodes that were used before',
    lines: 1000,
    async run(bench, program) {
      for (let i = 0; i < 10; i++) {
        program.write(`hello.${i}.log`, 100);
        await program.stored();
        if (i > 1) fs.unlinkSync(bench.file(`hello.${i - 2}.log`));
      }
    },
  },
  {
    source: 'beats#1281',
    what: 'rotated by name four times, then the collector restarts',
    lines: 400,
    async run(bench, program) {
      for (let round = 0; round < 4; round++) {
        program.write('a.log', 100);
        await program.stored();
        for (let n = 3; n >= 1; n--)
          if (fs.existsSync(bench.file(`a.log.${n}`))) bench.rename(`a.log.${n}`, `a.log.${n + 1}`);
        bench.rename('a.log', 'a.log.1');
      }
      await program.restart(() => {});
    },
  },
  {
    source: 'fluentd#767',
    what: 'a link is there before the log it leads to',
    lines: 100,
    async run(bench, program) {
      fs.mkdirSync(bench.file('pods'));
      fs.symlinkSync('pods/x.txt', bench.file('c.log'));
      await program.stored();
      program.write('pods/x.txt', 100);
    },
  },
  {
    source: 'loki#1240, rsyslog#4325, log-courier#7',
    what: 'a link beside dated logs is switched to the next one',
    lines: 300,
    async run(bench, program) {
      program.write('cdr.log.2100', 100);
      fs.symlinkSync('cdr.log.2100', bench.file('cdr.log'));
      await program.stored();
      program.write('cdr.log.2101', 100);
      fs.unlinkSync(bench.file('cdr.log'));
      fs.symlinkSync('cdr.log.2101', bench.file('cdr.log'));
      await program.stored();
      program.write('cdr.log.2101', 100);
    },
  },
  {
    source: 'loki#274',
    what: 'what a link leads to is rotated under it',
    lines: 300,
    watch: 'pods',
    async run(bench, program) {
      for (const folder of ['pods', 'containers']) fs.mkdirSync(bench.file(folder));
      program.write('containers/x-json.log', 100);
      fs.symlinkSync('../containers/x-json.log', bench.file('pods/0.log'));
      await program.stored();
      program.write('containers/x-json.log', 100);
      bench.rename('containers/x-json.log', 'containers/x-json.log.1');
      program.write('containers/x-json.log', 100);
    },
  },
  {
    source: 'rsyslog#2229',
    what: 'what a link leads to is removed and made anew',
    lines: 200,
    watch: 'short',
    async run(bench, program) {
      for (const folder of ['short', 'far']) fs.mkdirSync(bench.file(folder));
      program.write('far/a-long-name.log', 100);
      fs.symlinkSync('../far/a-long-name.log', bench.file('short/a.log'));
      await program.stored();
      fs.unlinkSync(bench.file('far/a-long-name.log'));
      program.write('far/a-long-name.log', 100);
    },
  },
  {
    source: 'loki#2513',
    what: 'links that lead nowhere stand beside a log',
    lines: 200,
    async run(bench, program) {
      fs.symlinkSync('/nowhere/at/all.log', bench.file('2.log'));
      fs.symlinkSync('3.log', bench.file('3.log'));
      program.write('0.log', 100);
      await program.stored();
      program.write('0.log', 100);
    },
  },
  {
    source: 'vector#7990, loki#3108',
    what: 'renamed, made anew, and the old one compressed',
    lines: 300,
    async run(bench, program) {
      program.write('boot.log', 100);
      await program.stored();
      program.write('boot.log', 100);
      bench.rename('boot.log', 'boot.log.1');
      program.write('boot.log', 100);
      await program.stored();
      bench.write('boot.log.1.gz', gzipSync(fs.readFileSync(bench.file('boot.log.1'))));
      fs.unlinkSync(bench.file('boot.log.1'));
    },
  },
  {
    source: 'vector#18342, logstash-input-file#109',
    what: 'two generations change places, and with them their inodes',
    lines: 500,
    async run(bench, program) {
      for (let round = 0; round < 5; round++) {
        program.write('foo.log', 100);
        await program.stored();
        fs.rmSync(bench.file('foo.log.0'), { force: true });
        bench.rename('foo.log', 'foo.log.0');
      }
    },
  },
  {
    source: 'ray#56902',
    what: 'replaced by a copy of itself that goes on, as a file that is synchronized',
    lines: 300,
    async run(bench, program) {
      program.write('a.log', 100);
      await program.stored();
      for (let round = 0; round < 2; round++) {
        fs.copyFileSync(bench.file('a.log'), bench.file('.a.log.tmp'));
        program.write('.a.log.tmp', 100);
        bench.rename('.a.log.tmp', 'a.log');
        await program.stored();
      }
    },
  },
  {
    source: 'logdna-agent-v2#580',
    what: 'emptied and at once longer than before',
    lines: 350,
    async run(bench, program) {
      program.write('a.log', 100);
      await program.stored();
      fs.truncateSync(bench.file('a.log'));
      program.write('a.log', 250);
    },
  },
  {
    source: 'vector#445',
    what: 'three lines over a rotation',
    lines: 3,
    async run(bench, program) {
      program.write('a.log', 1);
      await program.stored();
      bench.rename('a.log', 'a.log.1');
      program.write('a.log.1', 1);
      program.write('a.log', 1);
    },
  },
  {
    source: 'cardano-node-tests#3572, pygtail#58',
    what: 'rotated three times while the collector is down',
    lines: 400,
    async run(bench, program) {
      program.write('a.log', 100);
      await program.stored();
      await program.restart(() => {
        for (let round = 0; round < 3; round++) {
          for (let n = 2; n >= 1; n--)
            if (fs.existsSync(bench.file(`a.log.${n}`))) bench.rename(`a.log.${n}`, `a.log.${n + 1}`);
          bench.rename('a.log', 'a.log.1');
          program.write('a.log', 100);
        }
      });
    },
  },
  {
    source: 'monolog#615',
    what: 'a dated log a day, and a link to the newest',
    lines: 300,
    async run(bench, program) {
      for (let day = 1; day <= 3; day++) {
        program.write(`prod-2026-11-0${day}.log`, 100);
        fs.rmSync(bench.file('prod.log'), { force: true });
        fs.symlinkSync(`prod-2026-11-0${day}.log`, bench.file('prod.log'));
        await program.stored();
      }
    },
  },
];

for (const { source, what, lines, watch, run } of SITUATIONS)
  test(`${what} (${source}): each line once`, async context => {
    const bench = await setUp(context);
    const settings = watch === undefined ? {} : { watch: [bench.file(watch)] };
    let collector: Collector = bench.collect(settings);
    let next = 0;
    await run(bench, {
      write(file, count) {
        const text = Array.from({ length: count }, () => `line ${next++}\n`).join('');
        bench.append(file, text);
      },
      stored: () => collector.drain(),
      async restart(between) {
        await collector.stop('restart', 2000);
        between();
        collector = bench.collect(settings);
        await collector.drain();
      },
    });
    await collector.drain();
    const stored = [...bench.ledger.sources.values()].flatMap(one =>
      Buffer.concat(one.content).toString().split('\n').filter(Boolean),
    );
    const numbers = stored.map(line => Number(line.slice(5))).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from({ length: lines }, (_, i) => i),
    );
  });

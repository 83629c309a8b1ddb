import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type BoardView, boardRows } from '../../src/cli/board/board.js';
import { readBoard } from '../../src/cli/board/data.js';
import { type ReportReply, summaryText } from '../../src/cli/board/summary.js';
import { cells } from '../../src/cli/cells.js';
import { DeadairClient } from '../../src/cli/client.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { RecordedService } from '../web/recorded-service.js';

const GOLDEN = path.join(packageRoot, 'test', 'cli', 'golden');

// What a terminal shows of a recorded run, at the two widths people have. UPDATE_GOLDEN=1 writes it anew.
function approve(name: string, text: string): void {
  const file = path.join(GOLDEN, `${name}.txt`);
  if (process.env.UPDATE_GOLDEN || !existsSync(file)) writeFileSync(file, `${text}\n`);
  assert.equal(`${text}\n`, readFileSync(file, 'utf8'));
}

describe('the board of a recorded run', () => {
  let service: RecordedService;
  let client: DeadairClient;
  before(async () => {
    service = await RecordedService.start();
    await service.play();
    client = new DeadairClient(service.server.url, undefined);
  });
  after(() => service.stop());

  const view = (more: Partial<BoardView>): BoardView => ({
    utc: true,
    columns: 80,
    rows: 24,
    chosen: 4,
    below: 'incidents',
    incident: 0,
    ...more,
  });

  for (const [columns, rows] of [
    [80, 24],
    [200, 50],
  ] as const) {
    it(`lanes and incidents, ${columns} columns`, async () => {
      const shown = boardRows(await readBoard(client, undefined), view({ columns, rows }));
      approve(`watch-${columns}`, shown.join('\n'));
    });
    it(`a post-mortem begins with a summary, ${columns} columns`, async () => {
      const report = await client.get<ReportReply>('/v1/postmortem', { format: 'json' });
      approve(`postmortem-summary-${columns}`, summaryText(report, { width: columns, utc: true }));
    });
  }

  it('the newest lines of a host', async () => {
    const data = await readBoard(client, 'agent-4');
    approve('watch-lines-80', boardRows(data, view({ below: 'lines' })).join('\n'));
  });

  it('fills every screen exactly, however small, wide or full it is', async () => {
    const data = await readBoard(client, 'controller');
    const lanes = Array.from({ length: 100 }, (_, i) => ({
      ...data.lanes[0]!,
      name: `a-host-with-a-long-name-${i}`,
    }));
    const incidents = Array.from({ length: 9 }, () => data.incidents[0] ?? []).flat();
    for (const columns of [60, 80, 131])
      for (const rows of [8, 24, 60])
        for (const one of [data, { ...data, lanes }, { ...data, lanes: [] }, { ...data, incidents }])
          for (const below of ['incidents', 'lines'] as const) {
            const shown = boardRows(one, view({ columns, rows, below, chosen: 60 }));
            assert.equal(shown.length, rows);
            for (const row of shown) assert.ok(cells(row) <= columns, `${columns}: ${row}`);
          }
  });
});

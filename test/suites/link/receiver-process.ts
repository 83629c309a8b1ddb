import { Ledger } from '../../collectors/ledger.js';
import { Receiver } from '../../collectors/receiver.js';
import { countLines } from '../torture/receivers.js';

/** Child process on a host of its own: takes lines, goes away and comes back when told, and counts what it has. */
export type Order = { do: 'away' } | { do: 'back' } | { do: 'count'; lines: number };
export interface Count {
  lost: number;
  doubled: number;
  gaps: number;
}

const PORT = 7707;
const ledger = new Ledger();
const receiver = new Receiver(ledger);

async function obey(order: Order): Promise<Count | undefined> {
  if (order.do === 'away') await receiver.close();
  else if (order.do === 'back') await receiver.listen(PORT, '0.0.0.0');
  else {
    const counts = new Uint16Array(order.lines);
    let gaps = 0;
    for (const source of ledger.sources.values()) {
      gaps += source.gaps.length;
      countLines(counts, Buffer.concat(source.content).toString('latin1'));
    }
    return {
      lost: counts.filter(times => times === 0).length,
      doubled: counts.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
      gaps,
    };
  }
  return undefined;
}

process.on('message', (order: Order) => {
  void obey(order).then(answer => process.send!(answer ?? {}));
});
process.on('disconnect', () => process.exit());
await receiver.listen(PORT, '0.0.0.0');
process.send!({});

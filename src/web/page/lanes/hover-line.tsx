import { useEffect, useRef, useState } from 'preact/hooks';
import { client } from '../api/client.js';
import type { Lanes, LineRecord } from '../api/types.js';
import { LineText } from '../lines/text.js';
import { useStyle } from '../state/app.js';
import { AgentName, Time } from '../ui/common.js';
import type { Moment } from './chart.js';

const REST_MS = 140;

/** The line a host had written last at the moment under the pointer. */
export function HoverLine({ moment, lanes }: { moment: Moment | undefined; lanes: Lanes | undefined }) {
  const style = useStyle();
  const [line, setLine] = useState<LineRecord>();
  const wanted = useRef('');
  useEffect(() => {
    if (!moment || !lanes) {
      wanted.current = '';
      setLine(undefined);
      return;
    }
    const key = `${moment.agent} ${moment.at}`;
    wanted.current = key;
    const timer = setTimeout(() => {
      client
        .call('GET /v1/search', {
          query: {
            agent: [moment.agent],
            to: new Date(moment.at + 1).toISOString(),
            order: 'newest',
            limit: 1,
            cut: 600,
          },
        })
        .then(
          reply => {
            if (wanted.current === key) setLine(reply.records[0]);
          },
          () => {},
        );
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [moment?.agent, moment && Math.round(moment.at / 200)]);
  const lane = moment && lanes?.lanes.find(one => one.name === moment.agent);
  const phase = lane?.phases.find(one => one.from <= moment!.at && one.to > moment!.at)?.phase;
  return (
    <p class="hover-line" aria-live="off">
      {moment && <AgentName name={moment.agent} />}
      {phase && <span class="hover-phase">{phase}</span>}
      {line && line.agent.id === moment?.agent && (
        <>
          <Time at={line['@timestamp']} style={style} />
          <span class="hover-text">
            <LineText raw={line.deadair.raw} message={line.message} prefix={false} />
          </span>
        </>
      )}
    </p>
  );
}

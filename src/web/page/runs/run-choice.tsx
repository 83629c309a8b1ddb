import { shortTime } from '../../../wording/time.js';
import type { Run } from '../api/types.js';
import { useStyle } from '../state/app.js';

/** Chooses one of the runs by name and beginning. @param props.none what stands for no run in particular */
export function RunChoice(props: {
  label: string;
  runs: readonly Run[];
  value: string;
  none: string;
  onChoose: (run: string) => void;
}) {
  const style = useStyle();
  return (
    <span class="select">
      <select
        class="control"
        aria-label={props.label}
        value={props.value}
        onChange={event => props.onChoose(event.currentTarget.value)}
      >
        <option value="">{props.none}</option>
        {props.runs.map(one => (
          <option key={one.id} value={one.id}>
            {one.name} · {shortTime(Date.parse(one.startedAt), style)}
          </option>
        ))}
      </select>
    </span>
  );
}

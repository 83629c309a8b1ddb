const PHASES = ['idle', 'starting', 'waiting', 'working', 'done', 'aborted', 'failed'] as const;

/** What the colours and signs of the lanes mean. */
export function LaneLegend() {
  return (
    <footer class="lane-legend">
      {PHASES.map(phase => (
        <span key={phase}>
          <i class={`swatch phase-${phase}`} />
          {phase}
        </span>
      ))}
      <span>
        <i class="swatch lane-silence" />
        no line
      </span>
      <span>
        <i class="swatch lane-outage" />
        outage
      </span>
      <span>
        <i class="swatch sign mark-cause" />
        evidence
      </span>
      <span class="lane-hint">
        click: lines of both sides at that moment · drag: look closer · name: its lines
      </span>
    </footer>
  );
}

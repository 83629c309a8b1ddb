/** The post-mortem of a run in a tab of its own; the session's cookie goes along. */
export function openPostmortem(run: string): void {
  open(`/v1/postmortem?${new URLSearchParams({ run, format: 'html' })}`, '_blank', 'noopener');
}

/** What logs are called where nothing else is said. */
export const DEFAULT_INCLUDE: readonly string[] = ['*.log', '*.out', '*.err', 'syslog', 'messages'];

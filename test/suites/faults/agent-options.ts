/** What an agent of the test program is like (program.ts). */
export interface AgentOptions {
  /** It can not begin its work. */
  idle?: boolean;
  /** It does not say that it works. */
  mute?: boolean;
  /** It leaves a second controller without an answer. */
  deaf?: boolean;
  /** It tells of its work each second. */
  talk?: boolean;
  /** Its part takes so many seconds; then it waits for the others. */
  stage?: number;
  /** It takes so many seconds for its part of the work, and has said that it would take so many. */
  part?: { takes: number; announced?: number };
  /** Its log, from its host's folder of logs. */
  log?: string;
}

/** The same for its command line. */
export function agentArguments({ idle, mute, deaf, talk, stage, part }: AgentOptions): string[] {
  return [
    ...(idle ? ['--idle'] : []),
    ...(mute ? ['--mute'] : []),
    ...(deaf ? ['--deaf'] : []),
    ...(talk ? ['--talk'] : []),
    ...(stage === undefined ? [] : ['--stage', String(stage)]),
    ...(part === undefined ? [] : ['--part', String(part.takes)]),
    ...(part?.announced === undefined ? [] : ['--announce', String(part.announced)]),
  ];
}

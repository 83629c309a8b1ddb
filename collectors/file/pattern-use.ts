import { compileGlobs } from './glob.js';

/** Settings of the collector that hold patterns. */
export type PatternSetting = 'collect.watch' | 'collect.include' | 'collect.exclude' | 'collect.encoding';

interface Pending {
  setting: PatternSetting;
  pattern: string;
  fits: (path: string) => boolean;
}

/**
 * Which patterns have met nothing so far: a misspelled one is seen by nothing else. Each is asked until it fits once, so that
 * following costs nothing for it.
 */
export class PatternUse {
  private pending: Pending[] = [];

  /** @param fits for patterns that are matched otherwise than file names */
  expect(setting: PatternSetting, pattern: string, fits = compileGlobs([pattern], setting)): void {
    this.pending.push({ setting, pattern, fits });
  }

  /** A path was met where patterns of this setting hold. */
  met(setting: PatternSetting, path: string): void {
    if (this.pending.length === 0) return;
    this.pending = this.pending.filter(one => one.setting !== setting || !one.fits(path));
  }

  get unmet(): readonly { setting: PatternSetting; pattern: string }[] {
    return this.pending;
  }
}

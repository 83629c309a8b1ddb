import picocolors from 'picocolors';

/**
 * Colours for a stream: on a terminal only, and not where NO_COLOR is set (no-color.org). picocolors' own choice was rejected: it
 * colours pipes and files too where the variable CI or FORCE_COLOR is set, and then `grep` finds nothing.
 */
export function colorsFor(stream: { isTTY?: boolean }): ReturnType<typeof picocolors.createColors> {
  return picocolors.createColors(stream.isTTY === true && !process.env.NO_COLOR);
}

/** For standard output. */
export const colors = colorsFor(process.stdout);

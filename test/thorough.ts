/**
 * Whether a test tries every case or a spread of them: `npm test` has three minutes for everything, the longer suites set
 * DEADAIR_THOROUGH=1 for the files whose cases are many and slow (`npm run test:model`, `npm run test:crash`).
 */
export const thorough = process.env.DEADAIR_THOROUGH === '1';

/** Of so many random cases those that are tried: all by the longer suites, a fifth by `npm test`. */
export function cases(all: number): number {
  return thorough ? all : Math.ceil(all / 5);
}

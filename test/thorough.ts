/**
 * Whether a test tries every case or a spread of them: `npm test` has three minutes for everything, the longer suites set
 * DEADAIR_THOROUGH=1 for the files whose cases are many and slow.
 */
export const thorough = process.env.DEADAIR_THOROUGH === '1';

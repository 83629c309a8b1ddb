import { it } from 'node:test';
import { killAndCheck } from '../../suites/crash/kill.js';

// The long version is test/suites/crash (npm run test:crash).
it('loses and doubles nothing when it is killed -9 three times while it stores, seals and drops', async () => {
  await killAndCheck(3, 4);
});

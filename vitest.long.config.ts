import { defineConfig } from 'vitest/config';
import { base, testProjects } from './tools/vitest-projects.js';

const HOUR = 3_600_000;

/**
 * What takes long: thousands of steps, kills and resumes; and every other test again, its property tests with
 * cases that no run has seen.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: testProjects({
      takes: () => true,
      test: { testTimeout: HOUR, env: { FGAM_FUZZ_SEED: process.env.FGAM_FUZZ_SEED ?? 'random' } },
    }),
  },
});

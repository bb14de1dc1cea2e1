import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

const HOUR = 3_600_000;

/**
 * What takes long: thousands of steps, kills and resumes; and every other test again, its property tests with
 * cases that no run has seen.
 */
const long = mergeConfig(
  base,
  defineConfig({
    test: { testTimeout: HOUR, env: { FGAM_FUZZ_SEED: process.env.FGAM_FUZZ_SEED ?? 'random' } },
  }),
);
long.test.exclude = ['**/node_modules/**', '**/dist/**'];
export default long;

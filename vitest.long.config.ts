import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** What takes long: many seeds, thousands of steps, kills and resumes. */
const long = mergeConfig(base, defineConfig({ test: { testTimeout: 3_600_000 } }));
long.test.include = ['packages/*/src/**/*.long.test.ts'];
long.test.exclude = ['**/node_modules/**', '**/dist/**'];
export default long;

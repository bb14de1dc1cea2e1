import { defineConfig } from 'vitest/config';
import { base } from './tools/vitest-projects.js';

/** The examples of the documentation, as `tools/check-docs.mjs` lays them out. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['.cache/doc-examples/*.test.ts'], testTimeout: 30_000 },
});

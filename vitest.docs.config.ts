import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** The examples of the documentation, as `tools/check-docs.mjs` lays them out. */
const docs = mergeConfig(base, defineConfig({ test: { testTimeout: 30_000 } }));
docs.test.include = ['.cache/doc-examples/*.test.ts'];
docs.test.exclude = ['**/node_modules/**'];
export default docs;

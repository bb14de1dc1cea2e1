import { defineConfig } from 'vitest/config';
import { base, testProjects } from './tools/vitest-projects.js';

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: testProjects({
      takes: (file) => !file.endsWith('.long.test.ts'),
      // Of what hangs: nothing takes so long, even on a slow machine whose cores are all at work.
      test: { testTimeout: 180_000 },
    }),
  },
});

import { defineConfig } from 'tsup';

export default defineConfig({
  // The worker's thread starts with a file of its own.
  entry: ['src/index.ts', 'src/session-worker.ts'],
  format: ['esm'],
  target: 'node20',
  tsconfig: 'tsconfig.build.json',
  dts: { entry: 'src/index.ts', compilerOptions: { ignoreDeprecations: '6.0' } },
  clean: true,
  sourcemap: true,
});

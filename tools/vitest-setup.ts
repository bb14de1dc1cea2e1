import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a change and nothing else turns them red. `FGAM_FUZZ_SEED=N` draws others;
 * `npm run test:long` takes a new seed each time, and fast-check prints it on failure.
 */
const DEFAULT_SEED = 1;
const { FGAM_FUZZ_SEED: seed } = process.env;

if (seed !== 'random')
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed ?? DEFAULT_SEED) });

import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { figureOf } from './figure.js';
import { findPackages } from './find-packages.js';
import { runPackage } from './run-package.js';
import { lastRun, readRun, type StoredRun, writeRun } from './stored-run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgam-bench-packages-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A package whose benchmark is the source given. */
async function packageOf(name: string, source: string): Promise<{ name: string; folder: string }> {
  const own = join(folder, 'packages', name);
  await mkdir(own, { recursive: true });
  const frame = join(root, 'tools', 'bench-packages', 'create-benchmark.ts');
  const tsx = `node --import ${join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')} bench.ts`;
  await writeFile(
    join(own, 'package.json'),
    JSON.stringify({ name: `@x/${name}`, type: 'module', scripts: { bench: tsx } }),
  );
  await writeFile(
    join(own, 'bench.ts'),
    `import { createBenchmark } from ${JSON.stringify(frame)};\n${source}`,
  );
  return { name: `@x/${name}`, folder: own };
}

describe('a package’s benchmark in a process of its own', () => {
  test('gives its figures, whatever it prints', async () => {
    const source = `
      const benchmark = createBenchmark();
      console.log('{"figures": "not these"}');
      let calls = 0;
      await benchmark.time('count', () => { calls += 1; }, { items: 2, per: 'call' });
      if (calls < 3) throw new Error('too few calls');
      await benchmark.time('wait', () => new Promise((resolve) => setTimeout(resolve, 20)), { waits: true });
      await benchmark.time('part', () => ({ clock: 8, processor: 6 }), { items: 2 });
      benchmark.add('quick', [Number(benchmark.isQuick)], { unit: 'of 1', better: 'higher' });
      benchmark.absent('far', 'not here');
      let disposed = 0;
      await benchmark.turns('turn', { first: 3, second: 2, third: 2 }, (name) => ({
        run: async () => { if (name === 'third') throw new Error('no kernel\\nand more'); },
        dispose: async () => { disposed += 1; },
      }));
      if (disposed !== 3) throw new Error('not disposed of');
      await benchmark.finish();`;
    const run = await runPackage(await packageOf('good', source), { quick: true });
    expect(run).toMatchObject({ package: '@x/good', seconds: expect.any(Number), load: expect.any(Number) });
    expect(run.fault).toBeUndefined();
    expect(run.figures).toMatchObject([
      { name: 'count', unit: 'ms', per: 'call', better: 'lower', processor: expect.any(Number) },
      { name: 'wait', unit: 'ms', better: 'lower' },
      { name: 'part', median: 4, processor: 3 },
      { name: 'quick', median: 1, runs: 1 },
      { name: 'far', absent: 'not here' },
      { name: 'turn: third', absent: 'no kernel' },
      { name: 'turn: first', unit: 'ms', runs: 3, processor: expect.any(Number) },
      { name: 'turn: second', unit: 'ms', runs: 2, processor: expect.any(Number) },
      { name: 'turn: second, by first', unit: 'times', runs: 2, better: 'neither' },
    ]);
    const [, wait] = run.figures;
    expect(wait).not.toHaveProperty('processor');
  });

  test('an error within what is timed, an option that is none, and figures that are missing are faults', async () => {
    const thrown = `await createBenchmark().time('bad', async () => { throw new Error('the work failed'); });`;
    const twice = `const b = createBenchmark(); const kind = { unit: 'ms', better: 'lower' };
      b.add('same', [1], kind); b.add('same', [2], kind);`;
    const [ofThrown, ofSilent, ofTwice] = await Promise.all([
      runPackage(await packageOf('thrown', thrown), { quick: true }),
      runPackage(await packageOf('silent', 'createBenchmark();'), { quick: false }),
      runPackage(await packageOf('twice', twice), { quick: false }),
    ]);
    expect(ofThrown.fault).toBe('ended with 1: Error: the work failed');
    expect(ofSilent).toMatchObject({ figures: [], fault: expect.stringContaining('wrote no figures') });
    expect(ofTwice.fault).toContain('same: there are two of it');
  });

  test('packages are found by either name; one without a benchmark is none', async () => {
    await packageOf('good', '');
    await mkdir(join(folder, 'packages', 'none'), { recursive: true });
    await writeFile(join(folder, 'packages', 'none', 'package.json'), '{"name": "@x/none"}');
    const all = await findPackages(join(folder, 'packages'));
    expect(all.map(({ name }) => name)).not.toContain('@x/none');
    const short = await findPackages(join(folder, 'packages'), ['good']);
    expect(short).toEqual([{ name: '@x/good', folder: join(folder, 'packages', 'good') }]);
    expect(await findPackages(join(folder, 'packages'), ['@x/good'])).toEqual(short);
    await expect(findPackages(join(folder, 'packages'), ['none'])).rejects.toThrow(
      /--only: expected some of good, .*got none/,
    );
  });
});

describe('stored runs', () => {
  const run: StoredRun = {
    ...{ format: 'fgam-bench-2', date: '2026-01-02T03:04:05.000Z', commit: 'abc+', quick: true },
    ...{ node: 'v20', cpu: 'one', cores: 2 },
    passes: [
      [
        {
          ...{ package: 'a', seconds: 1, load: 0.5 },
          figures: [
            figureOf('f', [1, 2], { unit: 'ms', better: 'lower', per: 'text' }, [1, 1]),
            { name: 'g', absent: 'no' },
          ],
        },
      ],
    ],
  };

  test('are read as they were written; the last is the one written last', async () => {
    const stored = join(folder, 'stored');
    expect(await lastRun(stored)).toBeUndefined();
    const first = await writeRun(stored, 'z', run);
    const second = await writeRun(stored, 'a', run);
    await utimes(first, 1000, 1000);
    expect(await lastRun(stored)).toBe(second);
    expect(await readRun(second)).toEqual(run);
  });

  test('what is no stored run is refused by name', async () => {
    const path = join(folder, 'other.json');
    await expect(readRun(path)).rejects.toThrow('expected a stored run');
    await writeFile(path, '{"format": ');
    await expect(readRun(path)).rejects.toThrow('cut off');
    await writeFile(path, JSON.stringify({ ...run, format: 'other' }));
    await expect(readRun(path)).rejects.toThrow('expected a run of this npm run bench');
  });
});

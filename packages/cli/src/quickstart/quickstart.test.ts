import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport } from '@fgam/bench';
import { compactConfig, createTokenizer, createWeights, loadModel, saveModel } from '@fgam/models';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fgamJson, tinyModel } from '../commands/command.test-support.js';
import { interrupted } from '../interrupt.js';
import { GROUNDED, openCritic } from '../ports/open-critic.js';
import { GROUNDING_MODEL } from '../train/model-names.js';
import { runQuickstart, type QuickstartOptions } from './run-quickstart.js';
import type { QuickstartScale } from './scale.js';
import { HACL_VARIANT, HACL_WIDTH } from './variants.js';

/** Everything that a run does, as little as it can be done. */
const TINY: QuickstartScale = {
  name: 'fast',
  scenes: { train: 8, validation: 3, test: 2 },
  steps: { alignment: 2, instruction: 2, critic: 2 },
  batchSize: 2,
  drafts: 8,
  resamples: 20,
};

let options: QuickstartOptions;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-quickstart-'));
  const base = join(folder, 'base');
  // An untrained base: the path is what is tested, not what is learnt.
  await saveModel(base, tinyModel(3));
  options = { out: join(folder, 'run'), scale: TINY, seed: 5, base, signal: new AbortController().signal };
});

describe('runQuickstart', () => {
  test('refuses a base that does not know the words of scenes, before anything is made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgam-quickstart-'));
    const base = join(folder, 'base');
    const tokenizer = createTokenizer(['horse', 'car']);
    const config = compactConfig({ text_config: { vocab_size: tokenizer.size } });
    await saveModel(base, { config, tokenizer, weights: createWeights(config, 1) });
    const out = join(folder, 'run');
    await expect(runQuickstart({ ...options, base, out })).rejects.toMatchObject({
      code: 'fgam/bad-config',
      message: expect.stringContaining('reads as <unk>') as string,
    });
    expect(existsSync(out)).toBe(false);
  });

  test('stops while it trains, goes on, and keeps what is done', async () => {
    const stop = new AbortController();
    const seen = setInterval(() => {
      if (existsSync(join(options.out, 'training', 'base', 'metrics.jsonl'))) stop.abort(interrupted());
    }, 5);
    await expect(runQuickstart({ ...options, signal: stop.signal })).rejects.toMatchObject({
      code: 'fgam/interrupted',
    });
    clearInterval(seen);
    expect(existsSync(join(options.out, 'report.json'))).toBe(false);

    const { report, files } = await runQuickstart(options);
    expect(report.variants.map(({ name }) => name)).toEqual([
      'base',
      'base, grounded critic',
      'base + stage 1',
      'base + stage 2',
      'full FGAM',
      'full FGAM, grounded critic',
      'full FGAM, oracle critic',
    ]);
    const critics = report.variants.filter(({ answersOf }) => answersOf !== undefined);
    expect(critics.map(({ name, answersOf }) => [name, answersOf])).toEqual([
      ['base, grounded critic', 'base'],
      ['full FGAM, grounded critic', 'full FGAM'],
      ['full FGAM, oracle critic', 'full FGAM'],
    ]);
    for (const variant of report.variants) {
      expect(variant.steps).toBe(4);
      expect(variant.metrics['existence.accuracy']?.n).toBeGreaterThan(0);
      expect(variant.withLoop?.['spatial.accuracy']?.n).toBe(variant.metrics['spatial.accuracy']?.n);
    }
    const stage1 = report.curves.find(({ name }) => name === 'stage 1');
    expect(Object.keys(stage1?.points[0]?.parts ?? {})).toEqual(
      expect.arrayContaining(['global', 'regionText', 'spatial', 'tokens']),
    );
    const aligned = report.curves.find(({ name }) => name === 'alignment without stage 1');
    expect(Object.keys(aligned?.points[0]?.parts ?? {})).not.toContain('regionText');
    expect(await readFile(files.html, 'utf8')).toContain('full FGAM');
    expect((await readReport(files.json)).variants).toHaveLength(7);

    const rows = report.variants.map(({ name }) => name);
    expect(report.examples.length).toBeGreaterThan(0);
    for (const { variant = '' } of report.examples) expect(rows).toContain(variant);
    const images = report.examples.map(({ image }) => image);
    expect(new Set(images).size).toBe(images.length);

    const again = await runQuickstart(options);
    expect(again.report.variants).toEqual(report.variants);
    expect(again.report.comparisons).toEqual(report.comparisons);
  }, 300_000);

  test.each([
    ['full FGAM', 'critic-of-base-stage-1'],
    ['full FGAM, grounded critic', GROUNDING_MODEL],
  ])(
    'the thresholds of %s are those that bench run takes',
    async (row, critic) => {
      const { report } = await runQuickstart(options);
      const models = join(options.out, 'models');
      const again = await fgamJson(
        ...['bench', 'run', 'scenes', '--model', join(models, 'full-fgam')],
        ...['--critic', critic === GROUNDING_MODEL ? critic : join(models, critic)],
        ...['--data', join(options.out, 'scenes', 'test')],
      );
      const variant = report.variants.find(({ name }) => name === row);
      expect(again['accounting']).toEqual(variant?.accounting);
      const warned = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      const model = await loadModel(join(models, 'full-fgam'));
      await (await openCritic(GROUNDED, { model, folder: join(models, 'base') })).dispose();
      expect(warned.mock.calls.join()).toContain('grounded has not been calibrated');
      warned.mockRestore();
    },
    300_000,
  );

  test('has HACL as a row where it is asked for', async () => {
    const out = `${options.out}-hacl`;
    const { report } = await runQuickstart({ ...options, out, variants: [HACL_VARIANT] });
    expect(report.variants.map(({ name }) => name)).toEqual(['base + HACL']);
    expect(report.variants[0]?.metrics['existence.accuracy']?.n).toBeGreaterThan(0);
    const curve = report.curves.find(({ name }) => name === 'HACL');
    expect(Object.keys(curve?.points[0]?.parts ?? {}).sort()).toEqual(['hacl', 'tokens']);
    const { config } = await loadModel(join(out, 'models', 'base-hacl'));
    expect(config.fgam.hacl_embed_dim).toBe(HACL_WIDTH);
  }, 300_000);

  test('ends as a run that was never stopped', async () => {
    const { report } = await runQuickstart(options);
    const straight = await runQuickstart({ ...options, out: `${options.out}-straight` });
    expect(straight.report.variants).toEqual(report.variants);
  }, 300_000);
});

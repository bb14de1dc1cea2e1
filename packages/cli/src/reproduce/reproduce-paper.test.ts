import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel, saveModel, withHeads } from '@fgam/models';
import { fileSha256 } from '@fgam/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { fgam, fgamJson, temporary, tinyModel } from '../commands/command.test-support.js';
import type { PaperReproduction } from './paper-reproduction.js';
import { readCalibration } from '../ports/calibration-file.js';
import { modelFolder } from '../train/open-model.js';
import { weightsSha256 } from '../weights-sha256.js';

/** Everything that a run does, as little as it can be done. */
const TINY = {
  name: 'tiny',
  from: 'fast',
  scenes: { train: 8, validation: 2, test: 1 },
  steps: { alignment: 1, instruction: 2, critic: 2 },
  batchSize: 2,
  drafts: 8,
  resamples: 10,
  recipe: { mixed: { short: 1, long: 1 }, captionShares: [0.5] },
  ppo: { steps: 2, scenes: 3, questions: 4, minibatch: 2, epochs: 1, kinds: ['existence', 'spatial'] },
};

let folder: string;
let run: string[];

beforeAll(async () => {
  folder = await temporary('paper');
  // Untrained bases: the path is what is tested, not what is learnt.
  const base = tinyModel();
  await saveModel(join(folder, 'bases', 'llava'), base);
  const former = { num_query_tokens: 4, hidden_size: 16, intermediate_size: 16, num_attention_heads: 2 };
  await saveModel(join(folder, 'bases', 'minigpt4'), withHeads(base, { q_former: former }, 1));
  await writeFile(join(folder, 'scale.json'), JSON.stringify(TINY));
  run = ['bench', 'reproduce', '--seeds', '1', '--scale', join(folder, 'scale.json')];
});

describe('fgam bench reproduce --rows', () => {
  test('trains and evaluates the rows of Figure 2, and does nothing twice', async () => {
    const out = join(folder, 'figure2');
    const args = [
      ...run,
      ...['--rows', 'figure2', '--base', join(folder, 'bases', 'llava'), '--rounds', '2'],
      ...['--critics', 'module,shuffled', '--reward', 'oracle', '--auditor', 'text', '--out', out],
    ];
    const found = (await fgamJson(...args)) as unknown as PaperReproduction;
    const names = ['base', 'base + stage 1', 'full FGAM', 'stage 1, PPO', 'full FGAM, SFT then PPO'];
    const expected = names.flatMap((variant) =>
      ['module', 'shuffled'].flatMap((critic) =>
        [0, 1, 2].map((rounds) => `${variant}, ${critic}, ${rounds}`),
      ),
    );
    expect(found.rows.map(({ variant, critic, rounds }) => `${variant}, ${critic}, ${rounds}`)).toEqual(
      expected,
    );
    for (const { metrics, rounds } of found.rows) {
      expect(metrics['existence.accuracy']?.values).toHaveLength(1);
      expect(metrics['latency']?.mean).toBeGreaterThanOrEqual(rounds === 0 ? 1 : 1.000_001);
    }
    const critics = found.critics.filter(({ type }) => type === 'any');
    expect(critics).toHaveLength(names.length * 2);
    expect(critics.every(({ critic }) => critic === 'module')).toBe(true);
    expect(found.validation.map(({ variant }) => variant)).toEqual(names);

    const text = await readFile(join(out, 'reproduction.md'), 'utf8');
    expect(text).toContain('## Figure 2: SFT, PPO and both (llava)');
    expect(text).toContain('the ORACLE’s, on training scenes');
    expect(found.auditor).toBe('text');
    expect(found.audits.map(({ variant, auditor }) => `${variant} by ${auditor}`)).toEqual(
      ['stage 1, PPO', 'full FGAM, SFT then PPO'].map((variant) => `${variant} by text`),
    );
    for (const { variant, first, last } of found.audits) {
      const percent = [first, last].map((share) => (100 * share).toFixed(1));
      expect(text).toContain(
        `${variant}: of PPO’s final responses \`text\`, which is not the reward, judged ${percent.join(' % otherwise in the first iteration, ')} % in the last`,
      );
    }
    const kept = JSON.parse(await readFile(join(out, 'reproduction.json'), 'utf8')) as PaperReproduction;
    expect(kept.rows).toEqual(found.rows);
    // PPO went on from stage 1, and from SFT.
    const weightsOf = async (variant: string) => {
      const training = join(out, 'llava', 'seed-1', 'training');
      const own = (await readdir(training)).find((name) => name.startsWith(`${variant}-by-oracle`));
      const before = variant.startsWith('stage-1') ? 'base-stage-1' : 'full-fgam';
      const models = [join(training, own ?? '', 'model'), join(out, 'llava', 'seed-1', 'models', before)];
      return Promise.all(models.map((model) => fileSha256(join(model, 'model.safetensors'))));
    };
    for (const variant of ['stage-1-ppo', 'full-fgam-sft-then-ppo']) {
      const [after, before] = await weightsOf(variant);
      expect(after).not.toBe(before);
    }

    // As if another seed had been run into the folder, and this one in a long sitting before.
    const file = join(out, 'reproduction.json');
    const other = { ...kept, runs: kept.runs.map((each) => ({ ...each, seed: 7 })) };
    await writeFile(file, JSON.stringify(other));
    await writeFile(join(out, 'llava', 'seed-1', 'seconds.json'), '{"seconds": 1000}');
    const again = (await fgamJson(...args)) as unknown as PaperReproduction;
    expect(again.rows).toEqual(found.rows);
    expect(again.critics).toEqual(found.critics);
    expect(again.runs).toMatchObject([{ family: 'llava', seed: 1 }]);
    expect(again.runs[0]?.seconds).toBeGreaterThanOrEqual(1000);
    expect(JSON.parse(await readFile(join(out, 'reproduction-1.json'), 'utf8'))).toEqual(other);

    // The first merge finds another reproduction there, the second its own.
    const merged = await temporary('merged');
    await writeFile(join(merged, 'reproduction.json'), JSON.stringify(other));
    await fgamJson('bench', 'reproduce', '--merge', file, '--out', merged);
    await fgamJson('bench', 'reproduce', '--merge', file, '--out', merged);
    expect((await readdir(merged)).toSorted()).toEqual([
      'reproduction-1.json',
      'reproduction.json',
      'reproduction.md',
    ]);
    expect(JSON.parse(await readFile(join(merged, 'reproduction-1.json'), 'utf8'))).toEqual(other);
    expect(JSON.parse(await readFile(join(merged, 'reproduction.json'), 'utf8'))).toEqual(
      JSON.parse(await readFile(file, 'utf8')),
    );
    expect(await readFile(join(merged, 'reproduction.md'), 'utf8')).toBe(
      await readFile(join(out, 'reproduction.md'), 'utf8'),
    );
    for (const more of [['--seeds', '1', '--out', merged], []])
      expect((await fgam('bench', 'reproduce', '--merge', file, ...more)).code).toBe(2);
    const onto = await fgam('bench', 'reproduce', '--merge', file, '--out', out);
    expect(onto.err).toContain('expected another folder than one whose file is merged');
  }, 600_000);

  test('takes a family’s own base, and trains no module where shipped critics are asked', async () => {
    const out = join(folder, 'hacl');
    const found = (await fgamJson(
      ...[...run, '--rows', 'hacl', '--families', 'minigpt4', '--base', join(folder, 'bases')],
      ...['--rounds', '1', '--critics', 'grounded,image,text', '--out', out],
    )) as unknown as PaperReproduction;
    expect(
      found.rows.map(({ family, variant, critic }) => `${family}, ${variant}, ${critic}`).sort(),
    ).toEqual(
      ['base + HACL', 'base'].flatMap((variant) =>
        ['grounded', 'grounded', 'image', 'image', 'text', 'text'].map(
          (critic) => `minigpt4, ${variant}, ${critic}`,
        ),
      ),
    );
    expect(new Set(found.critics.map(({ critic }) => critic))).toEqual(
      new Set(['grounded', 'image', 'text']),
    );
    const models = join(out, 'minigpt4', 'seed-1', 'models');
    expect((await readdir(models)).sort()).toEqual(['base', 'base-hacl']);
    // Their thresholds are found by their own names again.
    for (const name of ['compact-grounding', 'compact-module', 'compact-image-module'])
      expect(
        await readCalibration(join(models, 'base'), await weightsSha256(modelFolder(name))),
      ).toBeDefined();
    const { config } = await loadModel(join(models, 'base-hacl'));
    expect(config.fgam.q_former?.num_query_tokens).toBe(4);
  }, 600_000);

  test('refuses a base of another family, and options without tables', async () => {
    const other = ['--base', join(folder, 'bases', 'llava'), '--out', join(folder, 'refused')];
    const { code, err } = await fgam(...run, '--rows', 'hacl', '--families', 'minigpt4', ...other);
    expect(code).toBe(1);
    expect(err).toContain('expected a base of the family minigpt4, got one of llava');
    const without = await fgam(...run, '--out', join(folder, 'refused'));
    expect(without.code).toBe(2);
    expect(without.err).toContain('--rows');
    expect((await fgam(...run, '--rows', 'table3')).code).toBe(2);
    const unwatched = await fgam(...run, '--rows', 'table2', '--auditor', 'text');
    expect(unwatched.err).toContain('expected --auditor with rows that PPO makes');
  });

  test('refuses a scale with faults, naming each', async () => {
    const path = join(folder, 'bad.json');
    await writeFile(
      path,
      JSON.stringify({
        ...{ name: 'bad', from: 'fast', steps: { alignment: 0 }, ppo: { rate: 1 } },
        recipe: { mixed: { short: -1, long: 1 }, captionShares: [2] },
      }),
    );
    const { code, err } = await fgam('bench', 'reproduce', '--rows', 'hacl', '--scale', path);
    expect(code).toBe(1);
    expect(err).toContain('steps.alignment');
    expect(err).toContain('rate');
    expect(err).toContain('recipe.mixed.short');
    expect(err).toContain('recipe.captionShares.0');
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readReproduction } from '../bench-tasks/read-reproduction.js';
import { temporary } from '../commands/command.test-support.js';
import type { SeedLoop } from './collect-results.js';
import { mergeReproductions, type ReproductionFile } from './merge-reproductions.js';
import { paperReproduction, type PaperTerms, type SeedRun, writeReproduction } from './paper-reproduction.js';
import { PAPER_TABLES } from './paper-rows.js';
import { PAPER_SCALES, type PaperScale } from './paper-scale.js';

const TERMS: PaperTerms & { readonly scale: PaperScale } = {
  scale: PAPER_SCALES.tables,
  reward: 'grounded',
  tables: PAPER_TABLES,
};

let folder: string;

beforeAll(async () => {
  folder = await temporary('merge');
});

function loop(variant: string, wrong: number, types: readonly string[] = []): SeedLoop {
  const first = { 'error.object': wrong, 'fixed.all': 0, latency: 1 };
  const last = { 'error.object': wrong / 2, 'fixed.all': 3, latency: 2 };
  const scores = ['any', ...types].map((type, at) => ({ type, wrong: 4, found: 5 + at, both: 3 }));
  return { variant, critic: 'grounded', rounds: [first, last], judgements: [{ isCalibrated: true, scores }] };
}

function run(seed: number, loops: readonly SeedLoop[], more: Partial<SeedRun> = {}): SeedRun {
  const validation = loops.map(({ variant }) => ({ variant, metrics: { 'error.object': seed / 10 } }));
  return {
    family: 'llava',
    seed,
    seconds: 60,
    base: 'f00',
    loops,
    validation,
    alarms: [],
    audits: [],
    ...more,
  };
}

/** A reproduction as its file has it. */
async function saved(name: string, runs: readonly SeedRun[], terms = TERMS): Promise<ReproductionFile> {
  const out = join(folder, name);
  await writeReproduction(out, paperReproduction(terms, runs));
  const file = join(out, 'reproduction.json');
  return { file, saved: await readReproduction(file) };
}

const ONE = [loop('base', 0.4, ['object']), loop('base + HACL', 0.3)];
const TWO = [loop('base', 0.2), loop('base + HACL', 0.1, ['object', 'relation'])];

test('seeds run apart come to what they come to together, in any order', async () => {
  const alarm = { family: 'llava' as const, seed: 2, variant: 'base + HACL', alarm: 'answers grew short' };
  const audit = {
    ...{ family: 'llava' as const, seed: 1, variant: 'base' },
    auditor: 'text',
    first: 0.25,
    last: 0.5,
  };
  const runs = [run(1, ONE, { audits: [audit] }), run(2, TWO, { alarms: [alarm] })];
  const whole = paperReproduction(TERMS, runs);
  const apart = await Promise.all(runs.map((each) => saved(`seed-${each.seed}`, [each])));
  expect(mergeReproductions(apart.toReversed())).toEqual(whole);
  expect(whole.text).toContain('## HACL in place of stage 1 (llava)');
  expect(whole.audits).toEqual([audit]);
  expect(whole.text).toContain('judged 25.0 % otherwise in the first iteration, 50.0 % in the last');
  const hacl = whole.rows.find(({ variant }) => variant === 'base + HACL');
  expect(hacl?.metrics['error.object']?.values).toEqual([0.3, 0.1]);
  // Of what was merged, too.
  expect(mergeReproductions([await saved('both', runs)])).toEqual(whole);
});

test('tables of one seed run apart stand side by side; what both have counts once', async () => {
  const base = loop('base', 0.4, ['object']);
  const again = { ...base, rounds: base.rounds.map((metrics) => ({ ...metrics, latency: 7 })) };
  const other = [again, loop('full FGAM', 0.1)];
  const merged = mergeReproductions([
    await saved('hacl', [run(1, ONE)]),
    await saved('other', [run(1, other)]),
  ]);
  expect(merged.runs).toEqual([{ family: 'llava', seed: 1, seconds: 120, base: 'f00' }]);
  expect(merged.rows.map(({ variant, rounds }) => `${variant} ${rounds}`)).toEqual(
    ['base', 'full FGAM', 'base + HACL'].flatMap((variant) => [`${variant} 0`, `${variant} 1`]),
  );
  expect(merged.rows[1]?.metrics['latency']?.values).toEqual([2]);
  expect(merged.validation).toHaveLength(3);
});

test('what is equal is taken for equal, whatever else a file tells', async () => {
  const runs = [run(1, ONE), run(2, TWO)];
  // Where a file has both seeds, types that only the second has are zeros of the first.
  const both = await saved('of-both', runs);
  const merged = mergeReproductions([both, await saved('of-one', runs.slice(0, 1))]);
  expect(merged.rows).toEqual(both.saved.rows);
  expect(merged.runs.map(({ seconds }) => seconds)).toEqual([60, 60]);
});

test('each family has its own tables and rounds', async () => {
  const oracle = loop('base', 0.2);
  const rounds = [...oracle.rounds, { 'error.object': 0 }];
  const minigpt4 = run(1, [{ ...oracle, critic: 'oracle', rounds }], { family: 'minigpt4' });
  const { text } = mergeReproductions([await saved('llava', [run(1, ONE)]), await saved('mini', [minigpt4])]);
  expect(text).toContain('llava, 1 rounds, seeds 1; minigpt4, 2 rounds, seeds 1.');
  expect(text).toContain('## HACL in place of stage 1 (llava)');
  expect(text).not.toContain('## HACL in place of stage 1 (minigpt4)');
  expect(text).toContain('## Bounds (minigpt4)');
});

test('what PPO was told counts where there are rows of it', async () => {
  const reinforced = [loop('base', 0.4), loop('stage 1, PPO', 0.3)];
  const other = {
    ...TERMS,
    reward: 'oracle' as const,
    scale: { ...TERMS.scale, ppo: { ...TERMS.scale.ppo, steps: 7 } },
  };
  const plain = await saved('plain', [run(1, [loop('base', 0.4)])]);
  const ppo = await saved('ppo', [run(1, reinforced)], other);
  for (const files of [
    [plain, ppo],
    [ppo, plain],
  ]) {
    const merged = mergeReproductions(files);
    expect(merged.reward).toBe('oracle');
    expect(merged.scale).toMatchObject({ ppo: { steps: 7 } });
  }
  const again = await saved('again', [run(2, reinforced)]);
  expect(() => mergeReproductions([ppo, again])).toThrow('these differ: scale.ppo.steps, reward');
});

test('refuses what does not belong together, naming it', async () => {
  const one = await saved('one', [run(1, ONE)]);
  const other = await saved('another', [run(1, [loop('base', 0.5)])]);
  expect(() => mergeReproductions([one, other])).toThrow(
    `${other.file}: llava, seed 1, base by grounded: expected what ${one.file} tells of it, got other figures`,
  );
  const two = await saved('two', [run(2, TWO.slice(0, 1))]);
  expect(() => mergeReproductions([one, two])).toThrow('llava, seed 2: base + HACL by grounded, 1 rounds');
  const scale = { ...TERMS.scale, batchSize: 7 };
  const larger = await saved('larger', [run(2, TWO)], { ...TERMS, scale });
  expect(() => mergeReproductions([one, larger])).toThrow(
    `${larger.file}: expected the scale and the reward of ${one.file}; these differ: scale.batchSize`,
  );
  const based = await saved('based', [run(1, ONE, { base: 'ba5e' })]);
  expect(() => mergeReproductions([one, based])).toThrow('expected the base of');
  const audits = [0.1, 0.2].map((last) => ({
    ...{ family: 'llava' as const, seed: 1, variant: 'base', auditor: 'text', first: 0.1, last },
  }));
  const audited = await Promise.all(
    audits.map((each) => saved(`audited-${each.last}`, [run(1, ONE, { audits: [each] })])),
  );
  expect(() => mergeReproductions(audited)).toThrow('base watched by text: expected what');
  const validation = [{ variant: 'base', metrics: { 'error.object': 9 } }];
  const validated = await saved('validated', [run(1, ONE, { validation })]);
  expect(() => mergeReproductions([one, validated])).toThrow('base on validation scenes');
  const ended = { family: 'llava' as const, seed: 1, variant: 'base', alarm: 'too short' };
  const stopped = await saved('stopped', [run(1, ONE, { alarms: [ended] })]);
  expect(() => mergeReproductions([one, stopped])).toThrow('base: expected what');
  const rounds = [...(ONE[0]?.rounds ?? []), {}];
  const further = await saved('further', [run(1, [{ ...loop('base', 0.4, ['object']), rounds }])]);
  expect(() => mergeReproductions([one, further])).toThrow('got 2 rounds for 1');
  const [critic] = one.saved.critics;
  const short = { ...one.saved, critics: critic === undefined ? [] : [{ ...critic, found: [] }] };
  expect(() => mergeReproductions([{ file: 'short', saved: short }])).toThrow(
    "short: expected one value of base's grounded about any for each of 1 seeds of llava, got 0",
  );
  const doubled = { ...one.saved, runs: [...one.saved.runs, ...one.saved.runs] };
  expect(() => mergeReproductions([{ file: 'doubled', saved: doubled }])).toThrow('each seed of llava once');
  const broken = join(folder, 'broken.json');
  await writeFile(broken, JSON.stringify({ ...one.saved, rows: [] }));
  await expect(readReproduction(broken)).rejects.toThrow('rows');
});

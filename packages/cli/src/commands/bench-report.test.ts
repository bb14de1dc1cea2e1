import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readReport, scoreScenes } from '@fgam/bench';
import { createRatingStore, createStudy, SCALES } from '@fgam/bench/human-eval';
import { readQuestions, writeScenes } from '@fgam/data';
import { formatTrajectories } from '@fgam/rectifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSceneData } from '../scene-data.js';
import { fgam, fgamJson, sceneWorkshop, temporary } from './command.test-support.js';

let folder: string;
let scores: Readonly<Record<'base' | 'full', string>>;
const file = (name: string) => join(folder, name);

/** POPE's rows with two systems' answers, scored by the command itself. */
beforeAll(async () => {
  folder = await temporary('report');
  const rows = Array.from({ length: 12 }, (_, index) => ({
    ...{ question_id: index + 1, image: `${index % 4}.jpg`, text: `Is there a cat ${index} in the image?` },
    label: index % 2 === 0 ? 'yes' : 'no',
  }));
  const lines = (records: readonly object[]) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await writeFile(file('coco_pope_random.json'), lines(rows));
  const say = (isRight: (index: number) => boolean) =>
    lines(
      rows.map(({ question_id, label }, index) => ({
        question_id,
        text: (label === 'yes') === isRight(index) ? 'Yes' : 'No',
      })),
    );
  await writeFile(
    file('base.jsonl'),
    say((index) => index % 3 !== 0),
  );
  await writeFile(
    file('full.jsonl'),
    say((index) => index % 6 !== 0),
  );
  const score = async (name: string) => {
    const result = await fgamJson(
      ...['bench', 'score', 'pope', '--truth', file('coco_pope_random.json')],
      ...['--predictions', file(`${name}.jsonl`)],
    );
    await writeFile(file(`${name}.json`), JSON.stringify(result));
    return file(`${name}.json`);
  };
  scores = { base: await score('base'), full: await score('full') };
});

describe('fgam bench report, from saved results', () => {
  test('rows of benchmarks become Tables 1 and 2, with the paper beside a LLaVA', async () => {
    const out = file('assembled');
    const run = {
      ...{ task: 'pope', model: 'm', score: JSON.parse(await readFile(scores.base, 'utf8')) as object },
      rectified: { score: JSON.parse(await readFile(scores.full, 'utf8')) as object },
    };
    await writeFile(file('run.json'), JSON.stringify(run));
    const { code, out: text } = await fgam(
      ...['bench', 'report', '--out', out, '--title', 'Mine'],
      ...['--row', `LLaVA-1.5-7B/base=${scores.base}`, '--row', `LLaVA-1.5-7B/full=${file('run.json')}`],
      ...['--row', `LLaVA-1.5-7B/theirs=${scores.base}`],
    );
    expect(code).toBe(0);
    expect(text).toContain('Table 1: main results');
    expect(text).toContain('+1.64');
    const report = await readReport(join(out, 'report.json'));
    expect(report.title).toBe('Mine');
    expect(report.provenance['pope']).toBe('official, 12 questions');
    const rows = report.paper?.rows ?? [];
    expect(rows.map(({ family, variant, roles }) => [family, variant, ...roles])).toEqual([
      ['LLaVA-1.5-7B', 'base', 'base'],
      ['LLaVA-1.5-7B', 'full', 'full'],
      ['LLaVA-1.5-7B', 'theirs', 'other'],
    ]);
    // A run's row is its answers after the loop, where the system has one; its variant has both.
    const f1 = (place: number) => rows[place]?.metrics['pope.f1']?.value;
    expect(f1(1)).toBe(
      run.rectified.score && (run.rectified.score as { metrics: { f1: number } }).metrics.f1,
    );
    expect(f1(1)).not.toBe(f1(0));
    expect(report.variants[1]?.metrics['pope.f1']?.value).toBe(f1(0));
    expect(report.variants[1]?.withLoop?.['pope.f1']?.value).toBe(f1(1));
    expect(rows[0]?.metrics['pope.f1']?.interval).toHaveLength(2);
    const page = await readFile(join(out, 'report.html'), 'utf8');
    for (const id of ['table-1', 'table-2']) expect(page).toContain(`<section id="${id}"`);
    expect(page).not.toContain('<section id="table-3"');
    const markdown = await fgam('bench', 'report', out, '--markdown');
    expect(markdown.out).toMatch(/\| POPE, F1 \(random\) \(percent\) \| [\d.]+ ± [\d.]+ \|/);
  });

  test('refuses what is no score, one benchmark twice in a row, other rules or counts, and nothing at all', async () => {
    const report = (...words: readonly string[]) =>
      fgam('bench', 'report', '--out', file('refused'), ...words);
    await writeFile(file('other.json'), '{"task": "pope"}');
    const other = await report('--row', `base=${file('other.json')}`);
    expect(other).toMatchObject({ code: 1, out: '' });
    expect(other.err).toContain('expected what fgam bench score --json prints');
    const twice = await report('--row', `base=${scores.base}`, '--row', `base=${scores.full}`);
    expect(twice.err).toContain('base: expected each benchmark once, got pope again');
    const fewer = { ...(JSON.parse(await readFile(scores.full, 'utf8')) as object), n: 11 };
    await writeFile(file('fewer.json'), JSON.stringify(fewer));
    const uneven = await report('--row', `base=${scores.base}`, '--row', `full=${file('fewer.json')}`);
    expect(uneven).toMatchObject({ code: 1 });
    expect(uneven.err).toMatch(
      /official, 12 questions in .*base\.json; official, 11 questions in .*fewer\.json/,
    );
    // In a report of its own, row by row.
    await report('--row', `base=${scores.base}`);
    const added = (row: string) => fgam('bench', 'report', file('refused'), '--row', row);
    const late = await added(`full=${file('fewer.json')}`);
    expect(late).toMatchObject({ code: 1 });
    expect(late.err).toContain('the report, official, 12 questions, got official, 11 questions');
    expect(await added(`full=${scores.full}`)).toMatchObject({ code: 0 });
    expect(await report('--row', 'base')).toMatchObject({ code: 2 });
    expect(await fgam('bench', 'report')).toMatchObject({ code: 2 });
  });

  test('a rating study is Table 5 once all is rated', async () => {
    const store = file('study.sqlite');
    const systems = ['base', 'full'];
    const study = createStudy({
      mode: 'rate',
      questions: [1, 2].map((id) => ({ id: String(id), image: `${id}.png`, question: 'What is it?' })),
      responses: new Map(
        systems.map((name) => [name, [1, 2].map((id) => ({ id: String(id), answer: name }))]),
      ),
      raters: ['anna', 'ben'],
      seed: 1,
    });
    const opened = createRatingStore(store, study);
    const rate = (rater: string) => {
      for (const { id } of study.items)
        for (const system of study.systems.keys())
          for (const { key } of SCALES)
            opened.answer({
              rater,
              item: id,
              system,
              scale: key,
              value: key === 'factualError' ? 1 - system : 3 + system,
            });
    };
    rate('anna');
    opened.close();
    const early = await fgam('bench', 'report', '--human-eval', store, '--out', file('early'));
    expect(early).toMatchObject({ code: 1, out: '' });
    expect(early.err).toContain('anna: 4 of 4, ben: 0 of 4');
    const again = createRatingStore(file('study2.sqlite'), study);
    for (const rater of ['anna', 'ben'])
      for (const { id } of study.items)
        for (const system of study.systems.keys())
          for (const { key } of SCALES)
            again.answer({
              rater,
              item: id,
              system,
              scale: key,
              value: key === 'factualError' ? 1 - system : 3 + system,
            });
    again.close();
    const result = await fgamJson(
      'bench',
      'report',
      '--human-eval',
      file('study2.sqlite'),
      '--out',
      file('late'),
    );
    expect(result['paper']).toMatchObject({
      human: {
        ...{ items: 2, raters: 2, agreement: { factualError: 1 } },
        systems: [
          { name: 'base', role: 'base', overall: { mean: 3 }, hallucinationRate: { mean: 1 } },
          { name: 'full', role: 'full', overall: { mean: 4 }, hallucinationRate: { mean: 0 } },
        ],
      },
    });
    expect(await readFile(join(file('late'), 'report.html'), 'utf8')).toContain('18.5 %');
  });
});

describe('fgam bench report, from reproductions', () => {
  const spread = (...values: readonly [number, number]) => ({
    values,
    mean: (values[0] + values[1]) / 2,
    half: (12.706 * Math.abs(values[0] - values[1])) / 2,
  });
  const system = (variant: string, critic: string, gain: number) =>
    [0, 1, 2].map((rounds) => ({
      ...{ family: 'llava', variant, critic, rounds },
      metrics: {
        'spatial.accuracy': spread(0.5 + gain * rounds, 0.6 + gain * rounds),
        'error.relation': spread(0.5 - gain * rounds, 0.4 - gain * rounds),
        'reduction.relation': spread(100 * gain * rounds, 120 * gain * rounds),
        'fixed.all': spread(rounds, 2 * rounds),
        'broken.all': spread(0, 1),
        latency: spread(1 + rounds, 1 + rounds),
        seconds: spread(0.01, 0.02),
      },
    }));
  const saved = {
    scale: {
      ...{ name: 'fast', batchSize: 8, drafts: 10 },
      scenes: { train: 20, validation: 5, test: 6 },
      steps: { alignment: 2, instruction: 3, critic: 4 },
    },
    reward: 'module',
    runs: [1, 2].map((seed) => ({ family: 'llava', seed, seconds: 9 })),
    rows: ['module', 'oracle'].flatMap((critic) => [
      ...system('base', critic, 0),
      ...system('base + stage 1', critic, 0.01),
      ...system('base + stage 2', critic, 0.05),
      ...system('stage 2 after RTCL', critic, 0.06),
      ...system('stage 2 after SCC', critic, 0.07),
      ...system('full FGAM', critic, 0.1),
      ...system('stage 1, PPO', critic, 0.02),
      ...system('full FGAM, SFT then PPO', critic, 0.12),
    ]),
    critics: [
      {
        ...{ family: 'llava', variant: 'base', critic: 'module', isCalibrated: false, type: 'any' },
        ...{ precision: spread(0.5, 0.7), wrong: [20, 22], found: [10, 12], both: [5, 8] },
      },
    ],
    validation: [],
    alarms: [{ family: 'llava', seed: 2, variant: 'stage 1, PPO', alarm: 'too short' }],
  };

  test('all rows of the tables and figures, with the paper beside them, by critic; bounds are no rows', async () => {
    await writeFile(file('reproduction.json'), JSON.stringify(saved));
    const out = file('reproduced');
    const { code, out: text } = await fgam(
      ...['bench', 'report', '--reproduction', file('reproduction.json'), '--out', out, '--markdown'],
    );
    expect(code).toBe(0);
    const caption = 'compact LLaVA, critic: module; 2 seeds, scale fast';
    for (const [heading, line] of [
      // Systems with stage 2 by their answers after both rounds, in percent: 55 + 2 * gain.
      [
        'Table 2',
        /SpatialSense\) \| 55\.0 ± 63\.5 \|  \| 65\.0 ± 63\.5 \| 69\.4 \| 55\.0 ± 63\.5 \|  \| 75\.0 ± 63\.5 \\\* \| \+2\.1 \|/,
      ],
      [
        'Figure 1',
        /SpatialSense\) \| 65\.0 ± 63\.5 \| 69\.4 \| 67\.0 ± 63\.5 \|  \| 69\.0 ± 63\.5 \| 70 \| 75\.0/,
      ],
      ['Figure 2', /SpatialSense\) \| 55\.0 ± 63\.5 \|  \| 75\.0 ± 63\.5 \|  \| 59\.0 ± 63\.5 \|  \| 79\.0/],
      ['Answers round by round', /\| full FGAM \| 1 \| 0\.650 ± 0\.635 \|/],
      ['Table 3', /\| relation \| 0\.450 ± 0\.635 \| 70 % \| 0\.0 % ± 0\.0 % \|.*\| 22\.0 % ± 25\.4 % \|/],
      ['Fixed and broken', /\| full FGAM \| 2 \| 6 \/ 1 \|/],
      ['Critics on first answers', /\| base \(without thresholds\) \| 0\.60 \/ n\/a/],
      ['Table 4', /\| base \| 2 \| 15\.0 ± 63\.5 \| 3\.00 ± 0\.00 \| 610 \| 4\.1 \|/],
    ] as const) {
      const section = text.split('\n## ').find((each) => each.replace(/^## /, '').startsWith(heading)) ?? '';
      expect(section, heading).toContain(caption);
      expect(section, heading).toMatch(line);
    }
    expect(text).toContain('RL: an alarm of reward hacking ended 1 of 2 trainings (seed 2)');
    const report = await readReport(join(out, 'report.json'));
    expect(new Set(report.paper?.rows?.map(({ critic }) => critic))).toEqual(new Set(['module']));
    expect(report.paper?.loops).toHaveLength(16);
    expect(Object.values(report.provenance)).toContain('too short');
    const page = await readFile(join(out, 'report.html'), 'utf8');
    for (const id of [
      'table-2',
      'figure-1',
      'figure-2',
      'rounds',
      'table-3',
      'corrections',
      'critics',
      'table-4',
    ])
      expect(page).toContain(`<section id="${id}"`);
  });

  test('one seed has no interval; another form is refused with its faults', async () => {
    const [first] = saved.rows;
    const alone = { values: [0.5], mean: 0.5 };
    const one = { ...saved, critics: [], runs: [saved.runs[0]] };
    const metrics = { 'reduction.relation': alone, 'spatial.accuracy': alone, latency: alone };
    const row = { ...first, metrics };
    await writeFile(file('one.json'), JSON.stringify({ ...one, rows: [row] }));
    const words = ['bench', 'report', '--out', file('one'), '--markdown', '--reproduction'];
    const { out } = await fgam(...words, file('one.json'));
    expect(out).toContain('compact LLaVA, critic: module; 1 seed, scale fast');
    expect(out).toMatch(/\| base \| 0 \| 0\.500 \|/);
    expect(out).toContain('| relation |  | 70 % | 0.5 % |');
    // The paper's values are of a LLaVA.
    const other = {
      ...one,
      runs: [{ family: 'minigpt4', seed: 1, seconds: 60 }],
      rows: [{ ...row, family: 'minigpt4' }],
    };
    await writeFile(file('other-family.json'), JSON.stringify(other));
    const { out: ofOther } = await fgam(...words, file('other-family.json'));
    expect(ofOther).toContain('compact MiniGPT-4, critic: module; 1 seed');
    expect(ofOther).toContain('| relation |  |  | 0.5 % |');
    expect(ofOther).toMatch(/\| base \| 0 \|  \| 0\.50 \|  \|  \|/);
    // Of two families each says what it is of.
    await writeFile(
      file('rewarded.json'),
      JSON.stringify({
        ...{ ...saved, reward: 'grounded', critics: [] },
        runs: [1, 2].map((seed) => ({ family: 'minigpt4', seed, seconds: 60 })),
        rows: saved.rows.map((each) => ({ ...each, family: 'minigpt4' })),
        alarms: [{ family: 'minigpt4', seed: 1, variant: 'stage 1, PPO', alarm: 'too long' }],
      }),
    );
    const { out: ofBoth } = await fgam(...words, file('reproduction.json'), file('rewarded.json'));
    expect(ofBoth).toContain('compact LLaVA, RL: an alarm of reward hacking ended 1 of 2 trainings (seed 2)');
    expect(ofBoth).toContain(
      'compact MiniGPT-4, RL: an alarm of reward hacking ended 1 of 2 trainings (seed 1)',
    );
    expect((await readReport(join(file('one'), 'report.json'))).provenance).toMatchObject({
      'compact LLaVA, scale fast': expect.stringMatching(
        /^seeds 1, 2; 20 training.*reward: module$/,
      ) as string,
      'compact MiniGPT-4, scale fast': expect.stringMatching(
        /^seeds 1, 2; 20 training.*reward: grounded$/,
      ) as string,
    });
    expect((await fgam(...words, file('one.json'), file('one.json'))).err).toContain(
      'got base of compact LLaVA by module at the scale fast twice',
    );
    await writeFile(
      file('bad.json'),
      JSON.stringify({ ...one, rows: [{ ...row, rounds: -1, critic: 'me' }] }),
    );
    const bad = await fgam(...words, file('bad.json'));
    expect(bad).toMatchObject({ code: 1, out: '' });
    expect(bad.err).toMatch(/bad\.json: expected the reproduction\.json.*rows\.0\.critic.*rows\.0\.rounds/);
  });
});

describe('fgam bench errors and latency', () => {
  test('errors of scenes: predictions against trajectories, whose rates are the scorer’s; into a report', async () => {
    const scenes = file('scenes');
    await writeScenes({ out: scenes, count: 4, seed: 1, split: 'test' });
    const questions = await readQuestions(join(scenes, 'questions.jsonl'));
    const wrong = questions.map(({ id, kind, answer }) => ({
      id,
      answer:
        kind === 'existence' || kind === 'spatial'
          ? answer === 'yes'
            ? 'no'
            : 'yes'
          : 'a red circle at the left',
    }));
    await writeFile(file('wrong.jsonl'), wrong.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const right = questions.map(({ id, question, answer }) => ({
      ...{
        id,
        question,
        image: 'x.png',
        attempts: [{ response: answer }],
        final: answer,
        stop: 'accepted' as const,
      },
    }));
    await writeFile(file('right.jsonl'), formatTrajectories(right));
    const words = ['bench', 'errors', 'scenes', '--truth', scenes, '--allow-missing'];
    const result = await fgamJson(
      ...words,
      '--predictions',
      file('right.jsonl'),
      '--against',
      file('wrong.jsonl'),
    );
    await writeFile(file('errors.json'), JSON.stringify(result));
    const [taxonomy] = result['errors'] as readonly {
      types: readonly { type: string; part?: string; base: { errors: number } }[];
    }[];
    expect(new Set(taxonomy?.types.map(({ type }) => type))).toEqual(
      new Set(['object', 'attribute', 'relation', 'reasoning']),
    );
    for (const type of taxonomy?.types ?? [])
      expect(type).toMatchObject({ full: { errors: 0 }, reduction: type.base.errors > 0 ? 1 : null });
    const { samples } = await readSceneData(scenes);
    const scored = scoreScenes({ questions, samples, predictions: wrong, allowMissing: true }).scores;
    expect(taxonomy?.types.find(({ type, part }) => type === 'object' && part === 'captions')).toMatchObject({
      base: { rate: scored.find(({ metric }) => metric === 'objectHallucination')?.value },
    });
    const out = file('with-errors');
    const text = await fgam('bench', 'report', '--data', file('errors.json'), '--out', out);
    expect(text.out).toContain('Table 3: errors by type');
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('<section id="table-3"');
    const unknown = await fgam(
      'bench',
      'errors',
      'pope',
      '--truth',
      scenes,
      '--predictions',
      'a',
      '--against',
      'b',
    );
    expect(unknown).toMatchObject({ code: 2 });
  });

  test('latency of a model and its module: every caption has all rounds; parameters of both', async () => {
    const workshop = await sceneWorkshop(6);
    const [model, scenes] = [join(workshop, 'tiny'), join(workshop, 'scenes')];
    const words = ['bench', 'latency', '--model', model, '--data', scenes, '--rounds', '2', '--limit', '2'];
    const result = await fgamJson(...words, '--critic', model);
    const [latency] = result['latency'] as readonly {
      questions: number;
      rounds: readonly { round: number; questions: number; ratio: { median: number } }[];
      parameters: Record<string, number>;
    }[];
    expect(latency?.questions).toBe(2);
    expect(latency?.rounds.map(({ round, questions }) => [round, questions])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    for (const { ratio } of latency?.rounds ?? []) expect(ratio.median).toBeGreaterThan(1);
    expect(latency?.parameters['model']).toBeGreaterThan(1000);
    expect(latency?.parameters['critic']).toBe(latency?.parameters['model']);
    await writeFile(file('latency.json'), JSON.stringify(result));
    const report = await fgamJson(
      'bench',
      'report',
      '--data',
      file('latency.json'),
      '--out',
      file('with-latency'),
    );
    expect(report['paper']).toMatchObject({ latency: result['latency'] });
    const few = await fgam(...words, '--data', scenes.replace('scenes', 'none'));
    expect(few).toMatchObject({ code: 1 });
  }, 240_000);
});

import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GROUNDING_MODEL_FOLDER } from '@fgam/base-compact';
import type { Feedback } from '@fgam/data';
import { readMetrics } from '@fgam/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageOf } from '../answer-questions.js';
import { openModuleCritic } from '../ports/open-critic.js';
import { hasDetector } from '../ports/open-grounding.js';
import { openModule } from '../ports/open-module.js';
import { readSceneData } from '../scene-data.js';
import { fgam, fgamJson, sceneWorkshop, trainModuleIn } from './command.test-support.js';

let folder: string;
beforeAll(async () => {
  folder = await sceneWorkshop(12);
  await cp(GROUNDING_MODEL_FOLDER, join(folder, 'compact-folder'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const train = (name: string, parts: object) => trainModuleIn(folder, name, parts);

test('a module that states what is true is told from one that gives verdicts, and judges what it was trained on', async () => {
  const run = await train('stating', {
    statements: { answers: 0.3, captions: 0.3 },
    steps: 60,
    schedule: { learningRate: 0.02, warmup: 5 },
  });
  expect(run.code, run.err).toBe(0);
  for (const source of ['questions', 'captions', 'critic']) expect(run.err).toMatch(`${source}: `);
  expect(run.err).not.toContain('critic of captions');
  const losses = (await readMetrics(join(folder, 'stating', 'metrics.jsonl'))).map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
  const module = join(folder, 'stating/model');
  expect(JSON.parse(await readFile(join(module, 'module.json'), 'utf8'))).toEqual({
    ...{ format: 'fgam-module', version: 1, states: true, prompt: 'statement-1', describes: true },
  });

  const [image = ''] = await readdir(join(folder, 'scenes', 'images'));
  const ask = [
    'rectify',
    '--model',
    join(folder, 'tiny'),
    '--image',
    join(folder, 'scenes', 'images', image),
  ];
  const feedbackOn = async (question: string, response: string, critic = module): Promise<unknown> => {
    const about = ['--question', question, '--response', response, '--critic', critic];
    const { attempts } = (await fgamJson(...ask, ...about)) as { readonly attempts: readonly object[] };
    return attempts[0];
  };
  const unread = { feedback: { verdict: 'accept', confidence: 0.5 } };
  // What is stated does not hang on the response; the verdict does.
  const [onYes, onNo] = [
    await feedbackOn('is there a red circle ?', 'yes'),
    await feedbackOn('is there a red circle ?', 'no'),
  ] as readonly { readonly feedback: { readonly confidence: number; readonly verdict: string } }[];
  expect(onYes?.feedback.confidence).toBeGreaterThan(0.5);
  expect(onNo?.feedback.confidence).toBe(onYes?.feedback.confidence);
  expect(await feedbackOn('is there a red zebra ?', 'yes')).toMatchObject(unread);
  const scenes = join(folder, 'scenes');
  const timed = ['bench', 'latency', '--model', join(folder, 'tiny'), '--critic', module, '--rounds', '1'];
  const cost = await fgam(...timed, '--data', scenes, '--limit', '1', '--json');
  expect(cost.err).not.toContain('judges short questions alone');
  // One that gives verdicts reads captions, too.
  expect(await train('judging', {})).toMatchObject({ code: 0 });
  expect(
    await feedbackOn('describe the image .', 'a red circle .', join(folder, 'judging/model')),
  ).not.toMatchObject(unread);
});

test('the shipped one accepts a caption that says what it sees, and refuses another; of photos it reads none', async () => {
  const scenes = await readSceneData(join(folder, 'scenes'));
  const captions = scenes.questions.filter(({ kind }) => kind === 'caption');
  const opened = await openModuleCritic(await openModule('compact-image-module'), undefined);
  const verdictsOf = async (responseTo: (truth: string) => string): Promise<readonly Feedback[]> =>
    opened.critic.critique(
      captions.map((question) => ({
        ...{ image: imageOf(scenes, question), question: question.question },
        response: responseTo(question.answer),
      })),
    );
  const [right, wrong, photo] = [
    await verdictsOf((truth) => truth),
    await verdictsOf(() => 'a large striped red circle at the centre .'),
    await verdictsOf(() => 'A photo of a dog on a beach.'),
  ];
  await opened.dispose();
  expect(right.filter(({ verdict }) => verdict === 'accept').length).toBeGreaterThan(captions.length / 2);
  expect(wrong.every(({ verdict }) => verdict === 'revise')).toBe(true);
  expect(new Set(photo.map(({ confidence, verdict }) => `${verdict} ${confidence}`))).toEqual(
    new Set(['accept 0.5']),
  );
}, 60_000);

test('faults of a config are named', async () => {
  const crowded = await train('crowded', { statements: { answers: 0.6, captions: 0.5 } });
  expect(crowded.err).toContain('expected answers and captions to leave statements a twentieth');
  const both = await train('both', { statements: {}, evidence: {} });
  expect(both.err).toContain('with evidence it is evidence.states');
  const drafts = await train('drafts', { statements: {}, wrongShare: 0.3 });
  expect(drafts.err).toContain('it reads no responses');
  const unknown = await train('unknown', { statements: { caption: 0.5 } });
  expect(unknown.err).toContain('statements.caption: unknown key');
});

test('it is distilled from one that states, and kept from other teachers', async () => {
  const statements = { answers: 0.3 };
  expect(await train('teacher', { statements, steps: 1 })).toMatchObject({ code: 0 });
  // It wrote no captions, and judges none.
  const timed = ['bench', 'latency', '--model', join(folder, 'tiny'), '--rounds', '1', '--limit', '1'];
  const modules = ['--critic', join(folder, 'teacher/model'), '--data', join(folder, 'scenes'), '--json'];
  expect((await fgam(...timed, ...modules)).err).toContain(
    'judges short questions alone; captions, which are timed here, it accepts unread',
  );
  const distill = { teacher: 'teacher/model' };
  expect(await train('pupil', { statements, distill, steps: 1 })).toMatchObject({ code: 0 });
  const judging = await train('judge', { distill });
  expect(judging.err).toContain('distill.teacher: expected a module that gives verdicts');
  const told = await train('told', { statements, distill: { teacher: 'tiny' } });
  expect(told.err).toContain('distill.teacher: expected a module that states what is true');
});

test('one that began with a detection head states, and is not asked as the grounded critic', async () => {
  expect(
    await train('headed', { model: 'compact-folder', statements: {}, steps: 1, batchSize: 2 }),
  ).toMatchObject({ code: 0 });
  const module = await openModule(join(folder, 'headed/model'));
  expect(hasDetector(module.model)).toBe(true);
  const opened = await openModuleCritic(module, undefined);
  const [feedback] = await opened.critic.critique([
    { image: 'none.png', question: 'describe the image .', response: 'a red circle .' },
  ]);
  await opened.dispose();
  expect(feedback).toEqual({ verdict: 'accept', confidence: 0.5 });
});

test('a damaged file of its form is refused with its name', async () => {
  expect(await train('broken', { statements: {}, steps: 1 })).toMatchObject({ code: 0 });
  const path = join(folder, 'broken/model/module.json');
  await writeFile(path, JSON.stringify({ format: 'fgam-module', version: 1, states: 'yes' }));
  const ask = ['rectify', '--image', 'x.png', '--question', 'q', '--response', 'yes'];
  const { code, err } = await fgam(
    ...ask,
    '--model',
    join(folder, 'tiny'),
    '--critic',
    join(folder, 'broken/model'),
  );
  expect(code).toBe(1);
  expect(err).toContain(`${path}: expected how a rectification module was trained to be asked`);
});

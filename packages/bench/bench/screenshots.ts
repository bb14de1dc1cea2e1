/**
 * Pictures of the pages in Chromium, to be looked at: the viewer, the rating page and the report, on a wide
 * screen in light and dark and on a phone. Scenes are drawn, answers are made up. PNGs go to `--out` (default
 * `runs/screenshots`); `--docs` writes the few that `docs/screenshots` keeps, as WebP.
 *
 *     npm run screenshots -w @fgam/bench [-- --out FOLDER] [--docs]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  createRandom,
  type Question,
  readQuestions,
  readScenes,
  type RegionSample,
  type Trajectory,
  writeScenes,
} from '@fgam/data';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { launchChromium } from '../src/chromium.test-support.js';
import { createStudy, createRatingStore, serveStudy, type StudyMode } from '../src/human-eval.js';
import { writeReport } from '../src/index.js';
import { sampleReport } from '../src/report/sample-report.test-support.js';
import { answersSource, samplesSource, serveView, type ViewSource } from '../src/view.js';

const LOOKS = {
  light: { viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', isMobile: true, hasTouch: true },
} as const;
type Look = keyof typeof LOOKS;

/** Of `docs/screenshots`: a page's name and the look it is kept in. */
const KEPT: readonly (readonly [page: string, look: Look])[] = [
  ['report', 'light'],
  ['viewer-data', 'light'],
  ['viewer-trajectories', 'dark'],
  ['viewer-predictions', 'phone'],
  ['rating', 'light'],
  ['authoring', 'light'],
];

/** A page to take, and what is done before it is. */
interface Shot {
  readonly name: string;
  readonly url: string;
  readonly ready: (page: Page) => Promise<unknown>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'runs', 'screenshots') },
    docs: { type: 'boolean', default: false },
  },
});

/** What is to be undone, last first. */
const opened: (() => unknown)[] = [];
try {
  const folder = await mkdtemp(join(tmpdir(), 'fgam-screenshots-'));
  opened.push(() => rm(folder, { recursive: true }));
  await take(await shotsOf(folder));
} finally {
  for (const close of opened.reverse()) await close();
}

async function shotsOf(folder: string): Promise<Shot[]> {
  const scenes = join(folder, 'scenes');
  await writeScenes({ out: scenes, count: 40, seed: 3, split: 'train' });
  const { samples } = await readScenes(scenes);
  const questions = await readQuestions(join(scenes, 'questions.jsonl'));
  const asked = questions.filter(({ kind }) => kind !== 'grounding' && kind !== 'caption');
  const trajectories = asked.map((question) => answerInRounds(question, samples));
  const about = { questions: asked, samples };
  const predictions = trajectories.map(({ id, attempts }) => ({ id, answer: attempts[0]?.response ?? '' }));
  const view = async (source: ViewSource): Promise<string> => {
    const server = await serveView(source);
    opened.push(() => server.close());
    return server.url;
  };
  const mended = trajectories.findIndex(({ attempts }) => attempts.length > 1);
  const hasDetail = (page: Page) => page.locator('#detail .frame img').waitFor();
  const { html } = await writeReport(join(folder, 'report'), await sampleReport());
  return [
    {
      name: 'viewer-list',
      url: await view(samplesSource({ title: 'scenes', samples, questions })),
      ready: (page) => page.locator('#search').fill('striped'),
    },
    {
      name: 'viewer-data',
      url: `${await view(samplesSource({ title: 'scenes', samples, questions }))}#4`,
      ready: async (page) => {
        await hasDetail(page);
        await page.locator('.regions button').first().click();
        await page.evaluate('detail.scrollTo(0, 0)');
      },
    },
    {
      name: 'viewer-predictions',
      url: `${await view(answersSource({ title: 'answers.jsonl', answers: predictions, ...about }))}#${mended}`,
      ready: hasDetail,
    },
    {
      name: 'viewer-trajectories',
      url: `${await view(answersSource({ title: 'trajectories.jsonl', answers: trajectories, ...about }))}#${mended}`,
      ready: hasDetail,
    },
    { name: 'rating', url: await study('rate', folder, trajectories, about), ready: rate },
    { name: 'authoring', url: await study('author', folder, trajectories, about), ready: correct },
    { name: 'report', url: pathToFileURL(html).href, ready: (page) => page.locator('svg').first().waitFor() },
  ];
}

/** A rater's link to a study of these answers, first and last. */
async function study(
  mode: StudyMode,
  folder: string,
  trajectories: readonly Trajectory[],
  {
    samples,
    questions,
  }: { readonly samples: readonly RegionSample[]; readonly questions: readonly Question[] },
): Promise<string> {
  const imageOf = new Map(samples.map(({ id, image }) => [id, image]));
  const mended = new Set(trajectories.filter(({ attempts }) => attempts.length > 1).map(({ id }) => id));
  const first = trajectories.map(({ id, attempts }) => ({ id, answer: attempts[0]?.response ?? '' }));
  const last = trajectories.map(({ id, final }) => ({ id, answer: final }));
  const store = createRatingStore(
    join(folder, `${mode}.sqlite`),
    createStudy({
      mode,
      questions: questions
        .filter(({ id }) => mended.has(id))
        .map(({ id, question, sample }) => ({ id, question, image: imageOf.get(sample) ?? '' })),
      responses: new Map([['base', first], ...(mode === 'rate' ? [['rectified', last] as const] : [])]),
      raters: ['anna', 'ben'],
      seed: 1,
      count: 12,
    }),
  );
  opened.push(() => store.close());
  const served = await serveStudy({ store });
  opened.push(() => served.close());
  return served.links.get('anna') ?? '';
}

async function rate(page: Page): Promise<void> {
  const first = page.locator('article').first();
  await first.getByRole('radio', { name: '5, excellent' }).first().check();
  await first.getByRole('radio', { name: '4, good' }).nth(1).check();
}

async function correct(page: Page): Promise<void> {
  await page.getByRole('radio', { name: 'Something is wrong' }).check();
  await page.getByLabel('Kind').selectOption('attribute');
  await page.getByLabel('What it says').fill('what the answer says');
  await page.getByLabel('What is true').fill('what the image shows');
  await page.evaluate('scrollTo(0, 0)');
}

/** An answer that is wrong now and then, of which a made-up critic says so and shows where. */
function answerInRounds(question: Question, samples: readonly RegionSample[]): Trajectory {
  const { id, answer, question: text } = question;
  const sample = samples.find((each) => each.id === question.sample);
  const random = createRandom(`screenshots/${id}`);
  const accept = { response: answer, feedback: { verdict: 'accept', confidence: 0.92 } } as const;
  const base = { id, image: sample?.image ?? '', question: text, final: answer, stop: 'accepted' } as const;
  if (random.chance(0.6)) return { ...base, attempts: [accept] };
  const wrong = { yes: 'no', no: 'yes' }[answer] ?? random.pick(['a red circle', 'two', 'to the left of it']);
  const boxes = sample?.regions.slice(0, 1).map(({ box }) => box) ?? [];
  const issue = {
    kind: 'object',
    claim: wrong,
    correction: answer,
    evidence: { boxes, score: 0.31 },
  } as const;
  const feedback = {
    verdict: 'revise',
    text: `look again : ${text}`,
    issues: [issue],
    confidence: 0.81,
  } as const;
  return { ...base, attempts: [{ response: wrong, feedback }, accept] };
}

async function take(shots: readonly Shot[]): Promise<void> {
  const docs = join(root, 'docs', 'screenshots');
  await mkdir(values.docs ? docs : values.out, { recursive: true });
  const browser = await launchChromium();
  opened.push(() => browser.close());
  for (const { name, url, ready } of shots)
    for (const [look, options] of Object.entries(LOOKS)) {
      const isKept = KEPT.some(([page, kept]) => page === name && kept === look);
      if (values.docs && !isKept) continue;
      const page = await browser.newPage(options);
      await page.goto(url);
      await ready(page);
      // Images that are still decoded, and what the last act has changed.
      await page.waitForLoadState('networkidle');
      const png = await page.screenshot();
      await page.close();
      const file = values.docs ? join(docs, `${name}.webp`) : join(values.out, `${name}-${look}.png`);
      await writeFile(file, values.docs ? await sharp(png).webp({ quality: 82 }).toBuffer() : png);
      console.log(file);
    }
}

import { readFile } from 'node:fs/promises';
import { imageBytes, imageUri } from '@fgam/data';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { z } from 'zod';
import { type BlindOrder, blindOrder } from './blind-order.js';
import type { PageFiles } from './page-files.js';
import { correctionSchema, type RatingStore, type StoredCorrection } from './rating-store.js';
import { isChoice, SCALES } from './scales.js';
import type { StudyItem } from './study.js';

/** What the app serves, and whom it tells. */
export interface RatingAppOptions {
  readonly store: RatingStore;
  readonly page: PageFiles;
  /** Called after a correction was stored; the page is told when it is done. */
  readonly onCorrection?: (all: readonly StoredCorrection[]) => Promise<void>;
}

/** The one who asks, and what is at the position that is asked for. */
interface Asked {
  readonly rater: string;
  readonly item: StudyItem;
  readonly systems: readonly number[];
}

const LONGEST_BODY = 262_144;
const CONTENT_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  connectSrc: ["'self'"],
  // Images are fetched with the rater's token and shown from memory.
  imgSrc: ['blob:', 'data:'],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/**
 * The rating page and what it asks for. A rater is known by a token (`Authorization: Bearer TOKEN`); items
 * are named by their position in the rater's order and responses by their slot, so that neither ids nor names
 * of systems reach the page.
 *
 *     GET /api/session                          mode, rater, scales, which positions are done
 *     GET /api/items/P                          question, responses by slot, and what the rater has said of them
 *     GET /api/items/P/image
 *     PUT /api/items/P/responses/S/SCALE        {value}
 *     PUT /api/items/P/correction               a correction, where responses are corrected
 */
export function createRatingApp({ store, page, onCorrection }: RatingAppOptions): Hono {
  const { study } = store;
  const raterOf = new Map([...store.tokens].map(([rater, token]) => [token, rater]));
  const orders = new Map<string, BlindOrder>(study.raters.map((rater) => [rater, blindOrder(study, rater)]));
  /** What there is to say of an item. */
  const needed = study.mode === 'rate' ? study.systems.length * SCALES.length : 1;
  const app = new Hono();
  app.use(secureHeaders({ contentSecurityPolicy: CONTENT_POLICY, strictTransportSecurity: false }));
  app.use('/api/*', bodyLimit({ maxSize: LONGEST_BODY }));
  app.use('/api/*', async (context, next) => {
    context.header('Cache-Control', 'no-store');
    return raterBy(context.req.header('Authorization')) === undefined
      ? context.json({ error: 'This link is not of this study: ask for yours.' }, 401)
      : next();
  });
  for (const [path, { type, content }] of page)
    app.get(path, (context) => context.body(content, 200, { 'Content-Type': type }));

  app.get('/api/session', (context) => {
    const rater = raterBy(context.req.header('Authorization')) ?? '';
    return context.json({ mode: study.mode, rater, scales: SCALES, done: donePositions(rater) });
  });
  app.get('/api/items/:position', (context) => {
    const asked = askedOf(context);
    if (!asked) return refuse(context, 404, 'There is no such item.');
    const { item, rater, systems } = asked;
    const answers = store.answers({ rater, item: item.id });
    return context.json({
      question: item.question,
      responses: systems.map((system) => ({
        text: item.responses[system] ?? '',
        answers: Object.fromEntries(
          answers.filter((each) => each.system === system).map(({ scale, value }) => [scale, value]),
        ),
      })),
      correction: store.corrections({ rater, item: item.id })[0]?.correction ?? null,
    });
  });
  app.get('/api/items/:position/image', async (context) => {
    const asked = askedOf(context);
    if (!asked) return refuse(context, 404, 'There is no such item.');
    const bytes = await readFile(asked.item.image).catch(() => undefined);
    const uri = bytes && imageUri(bytes);
    if (uri === undefined) return refuse(context, 404, 'The image of this item can not be read.');
    const type = /^data:(image\/\w+);/.exec(uri)?.[1] ?? '';
    return context.body(new Uint8Array(imageBytes(uri)), 200, { 'Content-Type': type });
  });
  app.put('/api/items/:position/responses/:slot/:scale', async (context) => {
    const asked = askedOf(context);
    const system = asked?.systems[indexOf(context.req.param('slot'))];
    const scale = SCALES.find(({ key }) => key === context.req.param('scale'));
    if (study.mode !== 'rate' || !asked || system === undefined || !scale)
      return refuse(context, 404, 'There is nothing to rate here.');
    const { rater, item } = asked;
    const body = z.strictObject({ value: z.number() }).safeParse(await jsonOf(context));
    if (!body.success || !isChoice(scale.key, body.data.value))
      return refuse(context, 400, `Expected a value of ${scale.choices.join(', ')}.`);
    store.answer({ rater, item: item.id, system, scale: scale.key, value: body.data.value });
    return context.json({ done: store.answers({ rater, item: item.id }).length === needed });
  });
  app.put('/api/items/:position/correction', async (context) => {
    const asked = askedOf(context);
    if (study.mode !== 'author' || !asked) return refuse(context, 404, 'There is nothing to correct here.');
    const { rater, item } = asked;
    const body = correctionSchema.safeParse(await jsonOf(context));
    if (!body.success) return refuse(context, 400, 'Say what is wrong, and what the answer should be.');
    if (body.data.verdict === 'revise' && body.data.corrected === item.responses[0]?.trim())
      return refuse(context, 400, 'The corrected answer is the response: change it, or accept the response.');
    store.correct({ rater, item: item.id, correction: body.data });
    await onCorrection?.(store.corrections());
    return context.json({ done: true });
  });
  return app;

  function raterBy(authorization = ''): string | undefined {
    return raterOf.get(/^Bearer (.+)$/.exec(authorization)?.[1] ?? '');
  }

  function askedOf(context: Context): Asked | undefined {
    const rater = raterBy(context.req.header('Authorization')) ?? '';
    const order = orders.get(rater);
    const position = indexOf(context.req.param('position'));
    const item = study.items[order?.items[position] ?? -1];
    return order && item && { rater, item, systems: order.systemsAt(position) };
  }

  /** Whether all is said of the items, by position. */
  function donePositions(rater: string): boolean[] {
    const said = new Map<string, number>();
    for (const { item } of study.mode === 'rate' ? store.answers({ rater }) : store.corrections({ rater }))
      said.set(item, (said.get(item) ?? 0) + 1);
    return (orders.get(rater)?.items ?? []).map((index) => said.get(study.items[index]?.id ?? '') === needed);
  }
}

function indexOf(text: string | undefined): number {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : -1;
}

function refuse(context: Context, status: 400 | 404, message: string): Response {
  return context.json({ error: message }, status);
}

/** The request's body; undefined where it is no JSON. */
async function jsonOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    return undefined;
  }
}

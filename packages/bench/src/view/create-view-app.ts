import { readFile } from 'node:fs/promises';
import { imageMediaType, isFgamError } from '@fgam/data';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { z } from 'zod';
import { VIEW_PAGE_FOLDER } from '../view-page-folder.js';
import { filterValues, findRows, type RowQuery } from './find-rows.js';
import { VIEW_STYLE } from './view-style.js';
import { viewPage } from './view-page.js';
import type { ViewSource } from './view-source.js';

/** Names of the page's scripts: the only files that are served by name, and each from this list. */
const SCRIPTS = [
  'view.js',
  'dom.js',
  'virtual-list.js',
  'sample-figure.js',
  'sample-detail.js',
  'story-detail.js',
] as const;

/** Rows that one request takes at most. */
const MOST_ROWS = 200;

const whole = z.coerce.number().int().nonnegative();
const pageQuery = z.object({
  search: z.string().max(300).default(''),
  from: whole.default(0),
  count: whole.max(MOST_ROWS).default(MOST_ROWS),
});
/** A row is named by its number alone: nothing that a client sends becomes part of a path. */
const rowNumber = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/**
 * The viewer's page and its data, read-only.
 *
 * @param options - `hosts`: values of the Host header that are answered. A page of another site whose name
 * was made to lead here (DNS rebinding) sends its own name
 */
export async function createViewApp(
  source: ViewSource,
  options: { readonly hosts: () => ReadonlySet<string> },
): Promise<Hono> {
  const app = new Hono();
  const page = viewPage(source).markup;
  const scripts = new Map(
    await Promise.all(
      SCRIPTS.map(async (name) => [name, await readFile(new URL(name, VIEW_PAGE_FOLDER), 'utf8')] as const),
    ),
  );
  const find = cachedFind(source);
  const filters = cachedFilters(source);

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ["'none'"],
      },
      crossOriginResourcePolicy: 'same-origin',
      crossOriginEmbedderPolicy: 'require-corp',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  );
  app.use(async (context, next) => {
    if (!options.hosts().has(context.req.header('host') ?? ''))
      return context.text('expected the address that fgam view printed\n', 403);
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD')
      return context.text('this page is read-only\n', 405, { Allow: 'GET, HEAD' });
    context.header('Cache-Control', 'no-store');
    return next();
  });
  app.onError((error, context) => {
    // Only errors of ours are for people; others are faults of the program.
    if (!isFgamError(error)) throw error;
    return context.json({ error: error.message }, 500);
  });
  app.notFound((context) => context.json({ error: 'there is no such page' }, 404));

  app.get('/', (context) => context.html(page));
  app.get('/view.css', (context) => context.body(VIEW_STYLE, 200, { 'Content-Type': 'text/css' }));
  // Browsers ask by themselves.
  app.get('/favicon.ico', (context) => context.body(null, 204));
  for (const [name, text] of scripts)
    app.get(`/${name}`, (context) => context.body(text, 200, { 'Content-Type': 'text/javascript' }));

  app.get('/api/about', (context) => {
    const state = source.state();
    return context.json({ ...state, total: source.rows.length, filters: filters(state.done) });
  });
  app.get('/api/rows', (context) => {
    const query = pageQuery.safeParse(context.req.query());
    if (!query.success) return context.json({ error: z.prettifyError(query.error) }, 400);
    const { search, from, count } = query.data;
    const chosen = source.filters.flatMap((name) => {
      const value = context.req.query(`filter.${name}`);
      return value === undefined ? [] : [[name, value] as const];
    });
    const found = find({ search, filters: new Map(chosen) });
    const rows = found.slice(from, from + count).map((row) => {
      const { title, note, badges } = source.rows[row] ?? { title: '', note: '', badges: [] };
      return { row, title: short(title), note: short(note), badges };
    });
    return context.json({ total: found.length, rows });
  });
  app.get('/api/rows/:row', async (context) => {
    const row = rowNumber.safeParse(context.req.param('row'));
    if (!row.success || row.data >= source.rows.length) return context.notFound();
    return context.json(await source.detail(row.data));
  });
  app.get('/api/images/:row', async (context) => {
    const row = rowNumber.safeParse(context.req.param('row'));
    if (!row.success || row.data >= source.rows.length) return context.notFound();
    const bytes = await source.image(row.data);
    const type = bytes && imageMediaType(bytes);
    if (bytes === undefined || type === undefined)
      return context.json({ error: 'expected a PNG, JPEG, WebP or GIF image' }, 415);
    return context.body(new Uint8Array(bytes), 200, { 'Content-Type': type });
  });
  return app;
}

/** A line of the list needs no more; a description may be a book. */
function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/**
 * The last query's rows are kept, as scrolling asks for them again; of a list that grew only what
 * is new is looked through.
 */
function cachedFind(source: ViewSource): (query: RowQuery) => readonly number[] {
  let last = { key: '', until: 0, found: [] as number[] };
  return (query) => {
    const key = JSON.stringify([query.search, ...query.filters]);
    if (last.key !== key) last = { key, until: 0, found: [] };
    for (const row of findRows(source.rows, query, last.until)) last.found.push(row);
    last.until = source.rows.length;
    return last.found;
  };
}

/** Counting takes a pass over all rows: a list that is still read is counted once more when it is whole. */
function cachedFilters(source: ViewSource): (done: boolean) => ReturnType<typeof filterValues> {
  let whole: ReturnType<typeof filterValues> | undefined;
  return (done) => {
    if (!done) return [];
    whole ??= filterValues(source.rows, source.filters);
    return whole;
  };
}

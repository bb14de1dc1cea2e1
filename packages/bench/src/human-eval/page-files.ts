import { readFile } from 'node:fs/promises';
import { PAGE_STYLE } from '../report/page-style.js';

/** Files of the page by their path. */
export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly content: string }>;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};
const NAMES = [
  'index.html',
  'page.css',
  'main.js',
  'elements.js',
  'requests.js',
  'rating.js',
  'authoring.js',
];

/** Reads the page that ships with the package. It looks as reports do: `/base.css` is their style sheet. */
export async function readPageFiles(): Promise<PageFiles> {
  const files = new Map([['/base.css', { type: TYPES['css'] ?? '', content: PAGE_STYLE }]]);
  for (const name of NAMES) {
    const content = await readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? '';
    files.set(name === 'index.html' ? '/' : `/${name}`, { type, content });
  }
  return files;
}

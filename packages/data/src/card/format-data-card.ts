import type { Counts, DataCard } from './create-data-card.js';
import { binNames, type Histogram } from './histogram.js';

/** Forms that a card is written in. */
export type CardFormat = 'markdown' | 'html';

interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * A data card as a page: counts, sources with their licences, labels, histograms, what was left out and why.
 *
 * @param name - the page's title; names and texts of the data are escaped
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { buildShards, createDataCard, formatDataCard } from '@fgam/data';
 * import sharp from 'sharp';
 * const folder = await mkdtemp(join(tmpdir(), 'card-'));
 * const [image, out] = [join(folder, 'a.png'), join(folder, 'shards')];
 * await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } }).toFile(image);
 * const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
 * const regions = [{ id: '1', box, label: 'red_square', description: 'a red square', source: 'hand' }];
 * await buildShards({ samples: [{ id: 'a', image, width: 8, height: 8, regions }], out, validation: 0 });
 * const card = await createDataCard(out);
 * const page = formatDataCard(card, 'One <square>', 'html');
 * if (!page.includes('<title>One &lt;square&gt;</title>')) throw new Error(page);
 * // All of one region has this label.
 * const text = formatDataCard(card, 'One square', 'markdown');
 * if (!text.includes('| red\\_square | 1 | 100.0 % |')) throw new Error(text);
 * ```
 */
export function formatDataCard(card: DataCard, name: string, format: CardFormat): string {
  const tables = tablesOf(card);
  return format === 'markdown' ? markdown(name, tables) : html(name, tables);
}

function tablesOf(card: DataCard): Table[] {
  const { images, histograms: all } = card;
  return [
    {
      title: 'What it holds',
      columns: ['', 'count'],
      rows: [
        ['images to train on', String(images.train)],
        ['images held out', String(images.validation)],
        ['captions', String(card.captions)],
        ['regions with a description', String(card.regions)],
        ['regions with a mask', String(card.regionsWithMask)],
        ['regions with attributes', String(card.regionsWithAttributes)],
        ['relations', String(card.relations)],
        ["relations in the annotators' words", String(card.annotatedRelations)],
        ['conversations', String(card.conversations)],
        ['labels', String(card.labels)],
        ['shards', String(card.shards)],
        ['bytes', String(card.bytes)],
        ['SHA-256 of manifest.json', card.manifestSha256],
      ],
    },
    {
      title: 'Sources and their licences',
      columns: ['source', 'regions or conversations', 'annotations', 'images', 'according to'],
      rows: card.licences.map(({ of, annotations, images: photos, source }) => [
        of,
        String(card.sources.find(([name]) => name === of)?.[1] ?? 0),
        annotations,
        photos,
        source,
      ]),
    },
    shares('Most frequent labels', 'label', card.frequentLabels, card.regions),
    histogram('Shorter side of the images, pixels', all.imageSide),
    histogram('Regions an image', all.regionsPerImage),
    histogram('Area of the boxes, per cent of the image', all.boxArea),
    histogram('Words of a description', all.descriptionWords),
    histogram('Words of a caption', all.captionWords),
    {
      title: 'Left out',
      columns: ['reason', 'records'],
      rows: card.skipped.map(([reason, count]) => [reason, String(count)]),
    },
  ];
}

function histogram(title: string, bins: Histogram): Table {
  const total = bins.counts.reduce((sum, count) => sum + count, 0);
  const named = binNames(bins).map((name, i) => [name, bins.counts[i] ?? 0] as const);
  return shares(title, '', named, total);
}

function shares(title: string, column: string, counts: Counts, total: number): Table {
  const rows = counts.map(([name, count]) => {
    const share = total === 0 ? 0 : (100 * count) / total;
    return [name, String(count), `${share.toFixed(1)} %`, '█'.repeat(Math.round(share / 4))];
  });
  return { title, columns: [column, 'count', 'share', ''], rows };
}

function markdown(name: string, tables: readonly Table[]): string {
  const cell = (text: string): string => text.replaceAll(/[\\|*_`[\]<>#]/g, '\\$&').replaceAll(/\s+/g, ' ');
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const parts = tables.map(({ title, columns, rows }) => {
    if (rows.length === 0) return `## ${title}\n\nnone\n`;
    return `## ${title}\n\n${[row(columns), `|${' --- |'.repeat(columns.length)}`, ...rows.map(row)].join('\n')}\n`;
  });
  return `# ${cell(name)}\n\n${parts.join('\n')}`;
}

const STYLE =
  'body{font:15px system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
  'table{border-collapse:collapse;margin-bottom:2rem}td,th{padding:.2rem .8rem;text-align:left;border-bottom:1px solid #ddd}' +
  '@media(prefers-color-scheme:dark){body{background:#111;color:#eee}td,th{border-color:#444}}';

function html(name: string, tables: readonly Table[]): string {
  const parts = tables.map(({ title, columns, rows }) => {
    const cells = (tag: string, texts: readonly string[]): string =>
      `<tr>${texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
    const body =
      rows.length === 0
        ? '<p>none</p>'
        : `<table><thead>${cells('th', columns)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table>`;
    return `<h2>${escaped(title)}</h2>\n${body}`;
  });
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escaped(name)}</title><style>${STYLE}</style></head>\n<body><h1>${escaped(name)}</h1>\n${parts.join('\n')}\n</body></html>\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

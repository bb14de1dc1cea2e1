import { basename, extname, resolve } from 'node:path';
import { type CardFormat, createDataCard, formatDataCard, writeAtomic } from '@fgam/data';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { usageError } from '../usage-error.js';

interface InspectOptions extends CommonOptions {
  readonly card?: string;
}

/** Labels that are named in the text. */
const SHOWN = 10;

/** `fgam data inspect`: statistics of a shard folder, as a data card too. */
export function addDataInspectCommand(data: Command): void {
  data
    .command('inspect')
    .description('statistics of a folder of shards; checks their SHA-256')
    .argument('<folder>', 'folder of shards')
    .option('--card <file>', 'write them as a data card, Markdown (.md) or HTML (.html)')
    .action(inspect);
}

async function inspect(folder: string, options: InspectOptions, command: Command): Promise<void> {
  const { card: file } = options;
  const format = file === undefined ? undefined : formatOf(file, command);
  const card = await createDataCard(folder);
  if (file !== undefined && format !== undefined)
    await writeAtomic(file, formatDataCard(card, basename(resolve(folder)), format));
  const { shards, images, regions, captions, conversations, labels, frequentLabels } = card;
  const frequent = frequentLabels.slice(0, SHOWN);
  const top = frequent.map(([label, count]) => `${label} ${count}`).join(', ');
  printResult(
    options,
    { folder, shards, ...images, regions, captions, conversations, labels, frequent, card },
    `${shards} shards, ${images.train} training and ${images.validation} validation images, ${regions} regions, ` +
      `${captions} captions, ${conversations > 0 ? `${conversations} conversations, ` : ''}${labels} labels${top === '' ? '' : ` (${top})`}${file === undefined ? '' : `; data card: ${file}`}`,
  );
}

function formatOf(file: string, command: Command): CardFormat {
  const extension = extname(file).toLowerCase();
  if (extension === '.md') return 'markdown';
  if (extension === '.html') return 'html';
  return usageError(command, `expected a --card that ends with .md or .html, got ${file}`);
}

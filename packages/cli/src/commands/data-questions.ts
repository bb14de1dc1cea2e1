import {
  CURATED_TYPES,
  curatedQuestions,
  type CuratedQuestions,
  type CuratedType,
  FgamError,
  formatLlavaQuestions,
  formatQuestions,
  writeAtomic,
} from '@fgam/data';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { positiveNumber } from '../whole-number.js';
import { readAnnotatedShards } from './annotated-shards.js';

interface QuestionsOptions extends CommonOptions {
  readonly out: string;
  readonly kinds?: readonly CuratedType[];
  readonly perImage: number;
  readonly format: 'jsonl' | 'llava';
  readonly split: 'train' | 'validation';
  readonly images?: string;
  readonly balance: boolean;
}

/** `fgam data questions`: questions about annotated images that demand to find things and to take several steps. */
export function addDataQuestionsCommand(data: Command): void {
  data
    .command('questions')
    .description('questions whose answers follow from boxes, names, attributes and relations of shards')
    .argument('<source>', 'folder of shards')
    .requiredOption('--out <file>', 'file to write')
    .option(
      '--kinds <list>',
      `kinds of questions, with commas between (default: all: ${CURATED_TYPES.join(',')})`,
      kinds,
    )
    .option('--per-image <n>', 'most questions an image', positiveNumber, 8)
    .addOption(
      new Option('--format <form>', 'lines of questions with their evidence, or what LLaVA trains on')
        .choices(['jsonl', 'llava'])
        .default('jsonl'),
    )
    .addOption(
      new Option('--split <name>', 'of which images').choices(['train', 'validation']).default('train'),
    )
    .option('--images <folder>', 'lay the images here, too')
    .option('--no-balance', 'keep questions whose answer prevails in its kind')
    .action(writeQuestions);
}

async function writeQuestions(source: string, options: QuestionsOptions): Promise<void> {
  const { out, kinds: types, perImage, format, split, images, balance, seed } = options;
  const samples = await readAnnotatedShards(source, { split, ...(images === undefined ? {} : { images }) });
  const made = curatedQuestions(samples, {
    perImage,
    balance,
    seed,
    ...(types === undefined ? {} : { types }),
  });
  const { questions } = made;
  if (questions.length === 0)
    throw new FgamError(
      'data/empty',
      `fgam data questions: expected questions of ${samples.length} images, got none; not asked: ${rejectionsInWords(made) || 'nothing to ask about'}`,
    );
  const imageOf = new Map(samples.map(({ id, image }) => [id, image]));
  await writeAtomic(
    out,
    format === 'jsonl'
      ? formatQuestions(questions)
      : formatLlavaQuestions(questions, (sample) => imageOf.get(sample) ?? ''),
  );
  const { balance: answers, rejected } = made;
  const lines = Object.entries(answers).map(
    ([type, { questions: count, majority, byText }]) =>
      `${type}: ${count}; the most frequent answer ${percent(majority)}, by its words alone ${percent(byText)}`,
  );
  printResult(
    options,
    { out, images: samples.length, questions: questions.length, balance: answers, rejected },
    [
      ...lines,
      `${questions.length} questions about ${samples.length} images in ${out}`,
      `not asked: ${rejectionsInWords(made)}`,
    ].join('\n'),
  );
}

/** Reasons over all kinds, the most frequent first. */
function rejectionsInWords({ rejected }: CuratedQuestions): string {
  const counts = new Map<string, number>();
  for (const reasons of Object.values(rejected))
    for (const [reason, count] of Object.entries(reasons))
      counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function kinds(text: string): readonly CuratedType[] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const known = CURATED_TYPES.find((type) => type === name);
    if (known === undefined)
      throw new InvalidArgumentError(
        `expected kinds of ${CURATED_TYPES.join(', ')}, got ${JSON.stringify(name)}`,
      );
    return known;
  });
}

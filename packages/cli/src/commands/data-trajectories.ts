import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import {
  curatedQuestions,
  FgamError,
  type IssueKind,
  makeFolder,
  readQuestions,
  readScenes,
  readTextIfThere,
  writeAtomic,
} from '@fgam/data';
import {
  correctionExamples,
  type CorrectionExample,
  EXPORT_FORMATS,
  exampleTrajectory,
  type ExportFormat,
  exportTrajectories,
  formatTrajectories,
  photoCorrections,
} from '@fgam/rectifier';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { manifestFormat } from '../manifest-format.js';
import { type CommonOptions, printResult } from '../output.js';
import { positiveNumber, share } from '../whole-number.js';
import { readAnnotatedShards } from './annotated-shards.js';
import { refuseGivenOptions } from './refuse-given-options.js';
import { refuseSameFolder } from './refuse-same-folder.js';

/** What trajectories of annotated photos are made of. */
const PHOTO_PARTS = ['captions', 'questions', 'graphs'] as const;

/** Options that speak of shards alone. */
const FOR_SHARDS = ['of', 'questions', 'perImage', 'split', 'images'] satisfies (keyof TrajectoryOptions)[];

interface TrajectoryOptions extends CommonOptions {
  readonly out: string;
  readonly wrongShare: number;
  readonly misleadingShare: number;
  readonly format?: ExportFormat;
  readonly questions?: string;
  readonly perImage: number;
  readonly of: readonly (typeof PHOTO_PARTS)[number][];
  readonly split: 'train' | 'validation';
  readonly images?: string;
  readonly overwrite?: boolean;
}

/** Examples, and the path of each sample's image in what is written. */
interface Examples {
  readonly examples: readonly CorrectionExample[];
  readonly imageOf: ReadonlyMap<string, string>;
  /** What those paths are relative to. */
  readonly root: string;
  /** Lays the images where they are asked for in a folder. */
  readonly layImages?: () => Promise<unknown>;
}

/** `fgam data trajectories`: correction trajectories by injected errors, and the same as other engines read them. */
export function addDataTrajectoriesCommand(data: Command): void {
  data
    .command('trajectories')
    .description(
      'correction trajectories: questions with drafts, typed errors in some of them, feedback and corrections',
    )
    .argument('<source>', 'a scenes folder (images, annotations and questions.jsonl), or a folder of shards')
    .requiredOption('--out <folder>', 'folder to write')
    .option('--wrong-share <share>', 'share of drafts with an injected error', share, 0.5)
    .option('--misleading-share <share>', 'share of questions that get false feedback beside', share, 0)
    .addOption(
      new Option('--format <engine>', 'write what this engine trains on, too').choices([...EXPORT_FORMATS]),
    )
    .addOption(
      new Option('--of <parts>', 'shards: of what, with commas between')
        .argParser(parts)
        .default(PHOTO_PARTS, PHOTO_PARTS.join(',')),
    )
    .option('--questions <file>', 'shards: curated questions (fgam data questions); default: made here')
    .option('--per-image <n>', 'shards: most questions an image, where they are made here', positiveNumber, 8)
    .addOption(
      new Option('--split <name>', 'shards: of which images')
        .choices(['train', 'validation'])
        .default('train'),
    )
    .option('--images <folder>', 'shards: lay the images here, too')
    .option('--overwrite', 'replace trajectories that were made of other data or with other options')
    .action(writeTrajectories);
}

async function writeTrajectories(
  source: string,
  options: TrajectoryOptions,
  command: Command,
): Promise<void> {
  const { out, format } = options;
  refuseSameFolder(command, source, out);
  await refuseOtherData(out);
  const isShards = await isShardFolder(source);
  if (!isShards) refuseGivenOptions(command, FOR_SHARDS, 'a scenes folder');
  // Questions that are given are all asked.
  if (options.questions !== undefined)
    refuseGivenOptions(command, ['perImage'], 'trajectories with --questions');
  else if (!options.of.includes('questions'))
    refuseGivenOptions(command, ['perImage'], `trajectories of ${options.of.join(' and ')}`);
  const { examples, imageOf, root, layImages } = isShards
    ? await photoExamples(source, options)
    : await sceneExamples(source, options);
  const ids = new Map<string, number>();
  const trajectories = examples.map((example) => {
    const image = imageOf.get(example.question.sample);
    if (image === undefined) {
      throw new FgamError(
        'data/bad-record',
        `fgam data trajectories: expected the image of question ${example.question.id}, got none of sample ${example.question.sample}`,
      );
    }
    const story = exampleTrajectory(example, image);
    const count = (ids.get(story.id) ?? 0) + 1;
    ids.set(story.id, count);
    return count === 1 ? story : { ...story, id: `${story.id}-${count}` };
  });
  const files = {
    'trajectories.jsonl': formatTrajectories(trajectories),
    ...(format === undefined ? {} : exportTrajectories(trajectories, { format })),
  };
  await makeFolder(out);
  if (options.overwrite !== true) await refuseOthers(out, files);
  await layImages?.();
  for (const [name, content] of Object.entries(files)) await writeAtomic(join(out, name), content);
  const revised = trajectories.filter(({ attempts, final }) => attempts[0]?.response !== final).length;
  const errors = countErrors(examples);
  const kinds = Object.entries(errors).map(([kind, count]) => `${kind} ${count}`);
  printResult(
    options,
    { out, trajectories: trajectories.length, revised, errors, files: Object.keys(files) },
    `${trajectories.length} trajectories, ${revised} with a correction${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}, ` +
      `in ${out}: ${Object.keys(files).join(', ')}; images are relative to ${root}`,
  );
}

/** Refuses a folder of shards or scenes, by its manifest. @throws FgamError `data/bad-config` */
async function refuseOtherData(out: string): Promise<void> {
  const manifest = join(out, 'manifest.json');
  if (existsSync(manifest))
    throw new FgamError(
      'data/bad-config',
      `${manifest}: expected a new folder or one of trajectories, got one of something else; choose another --out`,
    );
}

/** Refuses a folder with files of these names that hold anything else. @throws FgamError `data/bad-config` */
async function refuseOthers(out: string, files: Readonly<Record<string, string>>): Promise<void> {
  const there = new Set(await readdir(out));
  for (const [name, content] of Object.entries(files)) {
    const path = join(out, name);
    if (there.has(name) && (await readTextIfThere(path)) !== content)
      throw new FgamError(
        'data/bad-config',
        `${path}: expected a new folder, or what this source and these options give, got other content; choose another --out, or --overwrite`,
      );
  }
}

/** By its manifest: shards may have their questions beside them, and scenes have a manifest too. */
async function isShardFolder(source: string): Promise<boolean> {
  const path = join(source, 'manifest.json');
  if (!existsSync(path)) return false;
  return (await manifestFormat(path)) === 'fgam-shards' || !existsSync(join(source, 'questions.jsonl'));
}

/** Questions of a scenes folder, whose answers are known. */
async function sceneExamples(source: string, options: TrajectoryOptions): Promise<Examples> {
  const { wrongShare, misleadingShare, seed } = options;
  const questionFile = join(source, 'questions.jsonl');
  if (!existsSync(questionFile)) {
    throw new FgamError(
      'data/missing-file',
      `fgam data trajectories: expected a folder of shards or ${questionFile}, found neither; make one with fgam data build`,
    );
  }
  const { samples } = await readScenes(source);
  const questions = await readQuestions(questionFile);
  return {
    examples: correctionExamples({ questions, samples, seed, wrongShare, misleadingShare }),
    imageOf: new Map(samples.map(({ id, image }) => [id, relative(source, image).split(sep).join('/')])),
    root: source,
  };
}

/** Captions, curated questions and scene graphs of annotated photos. */
async function photoExamples(source: string, options: TrajectoryOptions): Promise<Examples> {
  const { wrongShare, misleadingShare, seed, of, split, images, perImage } = options;
  const samples = await readAnnotatedShards(source, { split });
  const questions =
    options.questions !== undefined
      ? await readQuestions(options.questions)
      : of.includes('questions')
        ? curatedQuestions(samples, { seed, perImage }).questions
        : [];
  const examples = photoCorrections({
    ...{ samples, questions, seed, wrongShare, misleadingShare },
    ...{ captions: of.includes('captions'), graphs: of.includes('graphs') },
  });
  if (examples.length === 0)
    throw new FgamError(
      'data/empty',
      `fgam data trajectories: expected captions or regions to tell of in ${source}, got none`,
    );
  return {
    examples,
    imageOf: new Map(samples.map(({ id, image }) => [id, image])),
    root: images ?? `the tars of ${source} (--images lays them in a folder)`,
    // Read again: nothing is laid before it is known that the trajectories may be written.
    ...(images === undefined ? {} : { layImages: () => readAnnotatedShards(source, { split, images }) }),
  };
}

/** Injected errors by the kind of the first issue. */
function countErrors(examples: readonly CorrectionExample[]): Partial<Record<IssueKind, number>> {
  const errors: Partial<Record<IssueKind, number>> = {};
  for (const { source, feedback, misleading } of examples) {
    const kind = feedback.verdict === 'revise' ? feedback.issues[0]?.kind : undefined;
    if (source === 'injected' && !misleading && kind !== undefined) errors[kind] = (errors[kind] ?? 0) + 1;
  }
  return errors;
}

function parts(text: string): readonly (typeof PHOTO_PARTS)[number][] {
  return text.split(',').map((name) => {
    const part = PHOTO_PARTS.find((each) => each === name.trim());
    if (part === undefined)
      throw new InvalidArgumentError(
        `expected parts of ${PHOTO_PARTS.join(', ')}, got ${JSON.stringify(name)}`,
      );
    return part;
  });
}

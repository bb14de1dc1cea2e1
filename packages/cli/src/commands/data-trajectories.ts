import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FgamError,
  type IssueKind,
  makeFolder,
  type Question,
  readTextIfThere,
  type Trajectory,
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
import { makeOutputFolder } from '../bench-tasks/make-output-folder.js';
import { ORACLE } from '../bench-tasks/run-scenes.js';
import { manifestFormat } from '../manifest-format.js';
import { type CommonOptions, printResult } from '../output.js';
import { addCriticOptions, HOW_CRITICS_CHECK } from '../ports/critic-options.js';
import { addModelOptions } from '../ports/model-options.js';
import {
  isByTruth,
  isOfResponses,
  makeOwnTrajectories,
  type OwnOptions,
  type OwnSummary,
  ownInWords,
} from '../trajectories/make-own-trajectories.js';
import { countErrors } from '../trajectories/count-errors.js';
import { imageNames, photoData, photoQuestions, questionedScenes } from '../trajectories/trajectory-data.js';
import { usageError } from '../usage-error.js';
import { decimalFromZero, positiveNumber, share } from '../whole-number.js';
import { readAnnotatedShards } from './annotated-shards.js';
import { refuseGivenOptions } from './refuse-given-options.js';
import { refuseSameFolder } from './refuse-same-folder.js';

/** What trajectories of annotated photos are made of. */
const PHOTO_PARTS = ['captions', 'questions', 'graphs'] as const;

/** Options that speak of shards alone. */
const FOR_SHARDS = ['of', 'questions', 'perImage', 'split', 'images'] satisfies (keyof TrajectoryOptions)[];

/** Options that say how a model is asked. */
const HOW_ASKED = [
  'endpointModel',
  'template',
  'adapter',
  'samples',
  'temperature',
  'maxTokens',
  'cache',
] as const;
/** Options of responses that are judged. */
const OF_RESPONSES = [
  ...HOW_ASKED,
  ...HOW_CRITICS_CHECK,
  'critic',
  'calibration',
  'apiKeyEnv',
  'concurrency',
] satisfies (keyof TrajectoryOptions)[];
/** Options that responses of a file have no use for: thresholds are found for a model. */
const OF_A_MODEL = ['model', 'endpoint', 'calibration', ...HOW_ASKED] satisfies (keyof TrajectoryOptions)[];

interface TrajectoryOptions extends CommonOptions, OwnOptions {
  readonly out: string;
  readonly misleadingShare: number;
  readonly format?: ExportFormat;
  readonly questions?: string;
  readonly perImage: number;
  readonly of: readonly (typeof PHOTO_PARTS)[number][];
  readonly split: 'train' | 'validation';
  readonly images?: string;
  readonly overwrite?: boolean;
}

/** What the command writes. */
interface Made {
  readonly trajectories: readonly Trajectory[];
  /** Errors of drafts by the kind of the first issue. */
  readonly errors: Partial<Record<IssueKind, number>>;
  /** What the images' paths are relative to. */
  readonly root: string;
  /** Lays the images where they are asked for in a folder. */
  readonly layImages?: () => Promise<unknown>;
  /** Where drafts are a model's own. */
  readonly own?: OwnSummary;
}

/**
 * `fgam data trajectories`: correction trajectories by injected errors, or of a model's own mistakes, and the same as
 * other engines read them.
 */
export function addDataTrajectoriesCommand(data: Command): void {
  const command = data
    .command('trajectories')
    .description(
      "correction trajectories: questions with drafts, typed errors in some of them or a model's own mistakes, feedback and corrections",
    )
    .argument('<source>', 'a scenes folder (images, annotations and questions.jsonl), or a folder of shards')
    .requiredOption('--out <folder>', 'folder to write')
    .option(
      '--wrong-share <share>',
      "share of drafts with an injected error; of a model's responses the least share of refused ones",
      share,
      0.5,
    )
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
    .option(
      '--drafts <file>',
      "instead of injected errors, responses of a file: JSON Lines of {question, response} with the question's id, or trajectories",
    );
  addCriticOptions(
    addModelOptions(command, 'instead of injected errors, the mistakes of a model'),
    `; ${ORACLE} (knows the truth)`,
    ORACLE,
  )
    .option('--samples <n>', 'responses of the model to each question', positiveNumber, 1)
    .option(
      '--temperature <t>',
      'of the samples (default: 1, or of one sample 0, the most probable response)',
      decimalFromZero,
    )
    .option('--max-tokens <n>', "tokens of a response (default: the model's)", positiveNumber)
    .option('--no-cache', 'ask the model all anew, and remember nothing')
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
  const isOwn = isOfResponses(options);
  refuseForeign(options, command, isOwn);
  const isShards = await isShardFolder(source);
  if (!isShards) refuseGivenOptions(command, FOR_SHARDS, 'a scenes folder');
  // Questions that are given are all asked.
  if (options.questions !== undefined)
    refuseGivenOptions(command, ['perImage'], 'trajectories with --questions');
  else if (!options.of.includes('questions'))
    refuseGivenOptions(command, ['perImage'], `trajectories of ${options.of.join(' and ')}`);
  const make = isOwn ? madeOfResponses : madeOfErrors;
  const made = await make(source, options, { command, isShards });
  const { root, errors, own } = made;
  const trajectories = withOwnIds(made.trajectories);
  const files = {
    'trajectories.jsonl': formatTrajectories(trajectories),
    ...(format === undefined ? {} : exportTrajectories(trajectories, { format })),
  };
  await makeFolder(out);
  if (options.overwrite !== true) await refuseOthers(out, files);
  await made.layImages?.();
  for (const [name, content] of Object.entries(files)) await writeAtomic(join(out, name), content);
  const revised = trajectories.filter(({ attempts, final }) => attempts[0]?.response !== final).length;
  const kinds = Object.entries(errors).map(([kind, count]) => `${kind} ${count}`);
  printResult(
    options,
    { out, trajectories: trajectories.length, revised, errors, ...own, files: Object.keys(files) },
    `${own === undefined ? '' : `${ownInWords(own)}\n`}${trajectories.length} trajectories, ${revised} with a correction${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}, ` +
      `in ${out}: ${Object.keys(files).join(', ')}; images are relative to ${root}`,
  );
}

/** Refuses options that would be passed over. */
function refuseForeign(options: TrajectoryOptions, command: Command, isOwn: boolean): void {
  const { drafts, samples, temperature } = options;
  if (!isOwn) {
    refuseGivenOptions(command, OF_RESPONSES, 'trajectories without --model, --endpoint or --drafts');
    return;
  }
  refuseGivenOptions(command, ['misleadingShare', 'of'], "trajectories of a model's own responses");
  if (drafts !== undefined) refuseGivenOptions(command, OF_A_MODEL, 'trajectories with --drafts');
  if (isByTruth(options))
    refuseGivenOptions(command, HOW_CRITICS_CHECK, `the critic ${ORACLE}, which knows the truth`);
  if (samples > 1 && temperature === 0)
    usageError(
      command,
      `expected a --temperature above 0 with --samples ${samples}, got 0: all would be the same`,
    );
}

/** The same with an id each: what is told again of a question has a number behind that is no other's id. */
function withOwnIds(trajectories: readonly Trajectory[]): Trajectory[] {
  const taken = new Set(trajectories.map(({ id }) => id));
  const counts = new Map<string, number>();
  return trajectories.map((story) => {
    let count = (counts.get(story.id) ?? 0) + 1;
    while (count > 1 && taken.has(`${story.id}-${count}`)) count += 1;
    counts.set(story.id, count);
    const id = count === 1 ? story.id : `${story.id}-${count}`;
    taken.add(id);
    return count === 1 ? story : { ...story, id };
  });
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

interface MakeOptions {
  readonly command: Command;
  readonly isShards: boolean;
}

/** Trajectories of injected errors. */
async function madeOfErrors(
  source: string,
  options: TrajectoryOptions,
  { isShards }: MakeOptions,
): Promise<Made> {
  const { examples, imageOf, ...made } = isShards
    ? await photoExamples(source, options)
    : await sceneExamples(source, options);
  const trajectories = examples.map((example) => exampleTrajectory(example, imageOf(example.question)));
  const injected = examples.filter(({ source, misleading }) => source === 'injected' && !misleading);
  return { ...made, trajectories, errors: countErrors(injected) };
}

/** Trajectories of a model's own responses. Images of shards are laid first: the model looks at them there. */
async function madeOfResponses(
  source: string,
  options: TrajectoryOptions,
  { command, isShards }: MakeOptions,
): Promise<Made> {
  const { out, overwrite, images } = options;
  if (isShards && images === undefined)
    usageError(command, 'expected --images with shards: where a model and critics look at them');
  // What a model says is not known before: that other trajectories are there is told before the work.
  if (overwrite !== true && existsSync(join(out, 'trajectories.jsonl')))
    throw new FgamError(
      'data/bad-config',
      `${join(out, 'trajectories.jsonl')}: expected a new folder, got one with trajectories; choose another --out, or --overwrite`,
    );
  await makeOutputFolder(out);
  const root = images ?? source;
  const data = isShards ? await photoData(source, root, options) : await questionedScenes(source);
  const imageOf = imageNames(data.samples, root);
  const { summary, ...made } = await makeOwnTrajectories(options, { data, imageOf, command });
  return { ...made, root, own: summary };
}

/** Examples, and the path of each question's image in what is written. */
interface Examples extends Pick<Made, 'root' | 'layImages'> {
  readonly examples: readonly CorrectionExample[];
  readonly imageOf: (question: Question) => string;
}

/** Questions of a scenes folder, whose answers are known. */
async function sceneExamples(source: string, options: TrajectoryOptions): Promise<Examples> {
  const { wrongShare, misleadingShare, seed } = options;
  const { samples, questions } = await questionedScenes(source);
  return {
    examples: correctionExamples({ questions, samples, seed, wrongShare, misleadingShare }),
    imageOf: imageNames(samples, source),
    root: source,
  };
}

/** Captions, curated questions and scene graphs of annotated photos. */
async function photoExamples(source: string, options: TrajectoryOptions): Promise<Examples> {
  const { wrongShare, misleadingShare, seed, of, split, images } = options;
  const samples = await readAnnotatedShards(source, { split });
  const examples = photoCorrections({
    ...{ samples, questions: await photoQuestions(samples, options), seed, wrongShare, misleadingShare },
    ...{ captions: of.includes('captions'), graphs: of.includes('graphs') },
  });
  if (examples.length === 0)
    throw new FgamError(
      'data/empty',
      `fgam data trajectories: expected captions or regions to tell of in ${source}, got none`,
    );
  return {
    examples,
    imageOf: imageNames(samples),
    root: images ?? `the tars of ${source} (--images lays them in a folder)`,
    // Read again: nothing is laid before it is known that the trajectories may be written.
    ...(images === undefined ? {} : { layImages: () => readAnnotatedShards(source, { split, images }) }),
  };
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

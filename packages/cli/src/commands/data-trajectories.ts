import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { FgamError, makeFolder, readQuestions, readScenes, writeAtomic } from '@fgam/data';
import {
  correctionExamples,
  EXPORT_FORMATS,
  exampleTrajectory,
  type ExportFormat,
  exportTrajectories,
  formatTrajectories,
} from '@fgam/rectifier';
import { type Command, Option } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { share } from '../whole-number.js';

interface TrajectoryOptions extends CommonOptions {
  readonly out: string;
  readonly wrongShare: number;
  readonly misleadingShare: number;
  readonly format?: ExportFormat;
}

/** `fgam data trajectories`: correction trajectories by injected errors, and the same as other engines read them. */
export function addDataTrajectoriesCommand(data: Command): void {
  data
    .command('trajectories')
    .description(
      'correction trajectories: questions with drafts, typed errors in some of them, feedback and corrections',
    )
    .argument('<source>', 'a scenes folder: images, annotations and questions.jsonl')
    .requiredOption('--out <folder>', 'folder to write')
    .option('--wrong-share <share>', 'share of drafts with an injected error', share, 0.5)
    .option('--misleading-share <share>', 'share of questions that get false feedback beside', share, 0)
    .addOption(
      new Option('--format <engine>', 'write what this engine trains on, too').choices([...EXPORT_FORMATS]),
    )
    .action(writeTrajectories);
}

async function writeTrajectories(source: string, options: TrajectoryOptions): Promise<void> {
  const { out, wrongShare, misleadingShare, format, seed } = options;
  const questionFile = join(source, 'questions.jsonl');
  if (!existsSync(questionFile)) {
    throw new FgamError(
      'data/missing-file',
      `fgam data trajectories: expected ${questionFile}, whose answers are known; only scenes have it in this version (fgam data build --from scenes), docs/roadmap.md says when annotated photos come`,
    );
  }
  const { samples } = await readScenes(source);
  const imageOf = new Map(samples.map(({ id, image }) => [id, relative(source, image).split(sep).join('/')]));
  const examples = correctionExamples({
    questions: await readQuestions(questionFile),
    samples,
    seed,
    wrongShare,
    misleadingShare,
  });
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
  for (const [name, content] of Object.entries(files)) await writeAtomic(join(out, name), content);
  const revised = trajectories.filter(({ attempts, final }) => attempts[0]?.response !== final).length;
  printResult(
    options,
    { out, trajectories: trajectories.length, revised, files: Object.keys(files) },
    `${trajectories.length} trajectories, ${revised} with a correction, in ${out}: ${Object.keys(files).join(', ')}; images are relative to ${source}`,
  );
}

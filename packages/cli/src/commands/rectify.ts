import { writeAtomic } from '@fgam/data';
import { formatTrajectories, rectify } from '@fgam/rectifier';
import type { Command } from 'commander';
import { openAnswerer } from '../ports/open-answerer.js';
import { GROUNDED, openCritic } from '../ports/open-critic.js';
import { trajectoryText } from '../bench-tasks/trajectory-text.js';
import { type CommonOptions, printResult } from '../output.js';
import { BASE_MODEL } from '../train/model-names.js';
import { openNamedModel } from '../train/open-model.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { wholeNumber } from '../whole-number.js';

interface RectifyCommandOptions extends CommonOptions {
  readonly model: string;
  readonly critic: string;
  readonly image: string;
  readonly question: string;
  readonly response?: string;
  readonly rounds: number;
  readonly out?: string;
}

/** `fgam rectify`: one question about one image, answered and revised by a critic's feedback. */
export function addRectifyCommand(program: Command): void {
  program
    .command('rectify')
    .description('answer a question about an image and revise the answer by feedback; prints each round')
    .option('--model <folder>', 'model folder, or the shipped base', BASE_MODEL)
    .option(
      '--critic <critic>',
      `${GROUNDED}: the model's own region-text similarity; or folder of a rectification module`,
      GROUNDED,
    )
    .requiredOption('--image <file>', 'image file')
    .requiredOption('--question <text>', 'what is asked')
    .option('--response <text>', 'first response, in place of the model’s own')
    .option('--rounds <n>', 'most revisions', wholeNumber, 2)
    .option('--out <file>', 'JSON Lines file for the trajectory')
    .action(rectifyOne);
}

async function rectifyOne(options: RectifyCommandOptions): Promise<void> {
  const { image, question, response, rounds, out, seed } = options;
  const answering = await openNamedModel(options.model);
  const { model } = answering;
  warnUnknown('texts', model.tokenizer, [question, ...(response === undefined ? [] : [response])]);
  const opened = await openCritic(options.critic, answering);
  const answerer = openAnswerer(model);
  try {
    const request = { id: '1', image, question, ...(response === undefined ? {} : { response }) };
    const trajectories = await rectify({
      answerer,
      critic: opened.critic,
      requests: [request],
      rounds,
      seed,
    });
    if (out !== undefined) await writeAtomic(out, formatTrajectories(trajectories));
    for (const trajectory of trajectories) printResult(options, trajectory, trajectoryText(trajectory));
  } finally {
    await Promise.all([answerer.dispose(), opened.dispose()]);
  }
}

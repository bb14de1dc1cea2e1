import { writeAtomic } from '@fgam/data';
import { createDecider, formatTrajectories, rectify } from '@fgam/rectifier';
import type { Command } from 'commander';
import { trajectoryText } from '../bench-tasks/trajectory-text.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addCriticOptions, type CriticOptions } from '../ports/critic-options.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { openAnswering } from '../ports/open-answering.js';
import { GROUNDED } from '../ports/open-critic.js';
import { openCritics } from '../ports/open-critics.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { usageError } from '../usage-error.js';
import { positiveNumber, share, wholeNumber } from '../whole-number.js';
import { addRectifyCalibrateCommand } from './rectify-calibrate.js';

interface RectifyCommandOptions extends CommonOptions, ModelOptions, CriticOptions {
  readonly image?: string;
  readonly question?: string;
  readonly response?: string;
  readonly rounds: number;
  readonly whileSure?: number;
  readonly decide?: boolean;
  readonly budgetMs?: number;
  readonly budgetTokens?: number;
  readonly out?: string;
}

/**
 * `fgam rectify`: one question about one image, answered and revised by a critic's feedback; below
 * it, where critics accept.
 */
export function addRectifyCommand(program: Command): void {
  const command = program
    .command('rectify')
    .description('answer a question about an image and revise the answer by feedback; prints each round')
    .enablePositionalOptions();
  addCriticOptions(addModelOptions(command), '', GROUNDED)
    .option('--image <file>', 'image file')
    .option('--question <text>', 'what is asked')
    .option('--response <text>', 'first response, in place of the model’s own')
    .option('--rounds <n>', 'most revisions', wholeNumber, 2)
    .option('--while-sure <p>', 'revise further only while the critic is this sure of its refusal', share)
    .option('--decide', 'ask the model which of two responses is better, and keep that one')
    .option(
      '--budget-ms <n>',
      'milliseconds that all rounds may take; the first response is always given',
      positiveNumber,
    )
    .option('--budget-tokens <n>', 'tokens that all responses may have', positiveNumber)
    .option('--out <file>', 'JSON Lines file for the trajectory')
    .action(rectifyOne);
  addRectifyCalibrateCommand(command);
}

async function rectifyOne(options: RectifyCommandOptions, command: Command): Promise<void> {
  const { image, question, response, out, seed } = options;
  if (image === undefined || question === undefined) usageError(command, 'expected --image and --question');
  const answering = await openAnswering(options, command);
  const { answerer, compact } = answering;
  try {
    if (compact !== undefined)
      warnUnknown('texts', compact.model.tokenizer, [
        question,
        ...(response === undefined ? [] : [response]),
      ]);
    const opened = await openCritics({ options, answering, command });
    if (opened === undefined) throw new Error('rectify has a critic by default');
    try {
      const request = { id: '1', image, question, ...(response === undefined ? {} : { response }) };
      const trajectories = await interruptible((signal) =>
        rectify({
          answerer,
          critic: opened.critic,
          requests: [request],
          ...loopOptions(options),
          ...(options.decide === true ? { decider: createDecider({ answerer }) } : {}),
          seed,
          signal,
        }),
      );
      if (out !== undefined) await writeAtomic(out, formatTrajectories(trajectories));
      for (const trajectory of trajectories) printResult(options, trajectory, trajectoryText(trajectory));
    } finally {
      await opened.dispose();
    }
  } finally {
    await answerer.dispose();
  }
}

function loopOptions({ rounds, whileSure, budgetMs, budgetTokens }: RectifyCommandOptions) {
  return {
    rounds: whileSure === undefined ? rounds : { most: rounds, confidence: whileSure },
    budget: {
      ...(budgetMs === undefined ? {} : { milliseconds: budgetMs }),
      ...(budgetTokens === undefined ? {} : { tokens: budgetTokens }),
    },
  };
}

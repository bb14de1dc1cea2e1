import type { ScoreInput } from '@fgam/bench';
import { FgamError, readTextIfThere } from '@fgam/data';
import type { Command } from 'commander';
import { type JudgeOptions, KEY_VARIABLE, openJudge } from './open-judge.js';

/** Adds the options that name a judge. */
export function addJudgeOptions(command: Command): Command {
  return command
    .option('--judge <url>', `OpenAI-compatible endpoint, up to and with /v1; its key: ${KEY_VARIABLE}`)
    .option('--judge-model <name>', "the judge's name there, or whose recorded answers are replayed")
    .option('--judge-record <folder>', 'where its answers are stored; what is there is not asked again')
    .option('--judge-replay <folder>', 'stored answers instead of an endpoint: needs no key')
    .option('--judge-prompt <file>', "an official prompt in place of this project's own wording");
}

/** What a scorer takes of a judge; nothing where the options name none. */
export async function judgeInput(options: JudgeOptions): Promise<Pick<ScoreInput, 'judge' | 'judgePrompt'>> {
  const judge = await openJudge(options);
  return {
    ...(judge === undefined ? {} : { judge }),
    ...(options.judgePrompt === undefined ? {} : { judgePrompt: await readPrompt(options.judgePrompt) }),
  };
}

/** A prompt's text, without the line break that editors put at a file's end. */
async function readPrompt(path: string): Promise<string> {
  const text = await readTextIfThere(path);
  if (text === undefined)
    throw new FgamError(
      'data/missing-file',
      `${path}: expected a file with the judge's prompt, got none; check the path`,
    );
  return text.replace(/\n$/, '');
}

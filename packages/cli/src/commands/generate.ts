import { createAnswerer } from '@fgam/models';
import { formatPrompt } from '@fgam/rectifier';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { BASE_MODEL } from '../train/model-names.js';
import { openModel } from '../train/open-model.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { wholeNumber } from '../whole-number.js';

interface GenerateOptions extends CommonOptions {
  readonly model: string;
  readonly image: string;
  readonly question: string;
  readonly maxTokens: number;
  readonly temperature: number;
}

/** `fgam generate`: a model's answer to one question about one image. */
export function addGenerateCommand(program: Command): void {
  program
    .command('generate')
    .description("a model's answer to a question about an image")
    .option('--model <folder>', 'model folder, or the shipped base', BASE_MODEL)
    .requiredOption('--image <file>', 'image file')
    .requiredOption('--question <text>', 'what is asked')
    .option('--max-tokens <n>', 'most tokens of the answer', wholeNumber, 96)
    .option('--temperature <t>', '0 is greedy', Number, 0)
    .action(generate);
}

async function generate(options: GenerateOptions): Promise<void> {
  const { image, question, maxTokens, temperature, seed } = options;
  const model = await openModel(options.model);
  warnUnknown('questions', model.tokenizer, [question]);
  const answerer = createAnswerer(model, { formatPrompt });
  try {
    const [answer] = await answerer.answer([{ image, question, maxTokens, temperature, seed }]);
    const text = answer?.text ?? '';
    printResult(options, { answer: text, tokens: answer?.tokens, model: options.model }, text);
  } finally {
    await answerer.dispose();
  }
}

import { createAnswerer, createGenerator, isPretrainedFolder, loadModel } from '@fgam/models';
import { formatPrompt } from '@fgam/rectifier';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { BASE_MODEL } from '../train/model-names.js';
import { modelFolder } from '../train/open-model.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { positiveNumber } from '../whole-number.js';
import { generatePretrained } from './generate-pretrained.js';

interface GenerateOptions extends CommonOptions {
  readonly model: string;
  readonly adapter?: string;
  readonly image?: readonly string[];
  readonly question?: string;
  readonly prompt?: string;
  readonly maxTokens: number;
  readonly maxNewTokens?: number;
  readonly temperature: number;
  readonly greedy?: boolean;
}

/** `fgam generate`: a model's answer to one question about one image, or its continuation of a prompt. */
export function addGenerateCommand(program: Command): void {
  program
    .command('generate')
    .description("a model's answer to a question about an image, or its continuation of a prompt")
    .option('--model <folder>', 'model folder, of the Hugging Face hub too, or the shipped base', BASE_MODEL)
    .option('--adapter <folder>', "an adapter (LoRA, PEFT's layout) of a model of the Hugging Face hub")
    .option('--image <files...>', 'image file; several where the model reads several')
    .option('--question <text>', 'what is asked')
    .option('--prompt <text>', 'text that is continued; images are at its placeholders, else they go first')
    .option('--max-tokens <n>', 'most tokens of the answer', positiveNumber, 96)
    .option('--max-new-tokens <n>', 'the same, as transformers calls it', positiveNumber)
    .option('--temperature <t>', '0 is greedy', Number, 0)
    .option('--greedy', 'temperature 0')
    .action((options: GenerateOptions, command: Command) => generate(options, command));
}

async function generate(options: GenerateOptions, command: Command): Promise<void> {
  const { question, prompt, image: images = [], seed, maxTokens, maxNewTokens } = options;
  if ((question === undefined) === (prompt === undefined))
    command.error('error: expected either --question or --prompt', { exitCode: 2 });
  const call = {
    maxTokens: maxNewTokens ?? maxTokens,
    temperature: options.greedy === true ? 0 : options.temperature,
    seed,
  };
  const folder = modelFolder(options.model);
  if (await isPretrainedFolder(folder)) {
    const text = prompt ?? question ?? '';
    const isQuestion = prompt === undefined;
    const { adapter } = options;
    const result = await generatePretrained(folder, { text, images, isQuestion, adapter }, call);
    return printResult(options, result, result.text);
  }
  if (options.adapter !== undefined)
    command.error('error: expected --adapter beside a model of the Hugging Face hub', { exitCode: 2 });
  if (images.length > 1 || (prompt === undefined && images.length === 0))
    command.error('error: expected one --image for this model', { exitCode: 2 });
  const model = await loadModel(folder);
  const [image] = images;
  if (prompt !== undefined) {
    const generator = createGenerator(model);
    try {
      const [found] = await generator.generate([
        { prompt, ...call, ...(image === undefined ? {} : { image }) },
      ]);
      const { text = '', tokens = [], logprobs = [] } = found ?? {};
      return printResult(options, { text, tokens, logprobs }, text);
    } finally {
      await generator.dispose();
    }
  }
  const asked = question ?? '';
  warnUnknown('questions', model.tokenizer, [asked]);
  const answerer = createAnswerer(model, { formatPrompt });
  try {
    const [answer] = await answerer.answer([{ image: image ?? '', question: asked, ...call }]);
    const text = answer?.text ?? '';
    printResult(options, { answer: text, tokens: answer?.tokens, model: options.model }, text);
  } finally {
    await answerer.dispose();
  }
}

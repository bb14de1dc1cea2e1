import { createGenerator, isPretrainedFolder, loadModel } from '@fgam/models';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { ONNX, openAnswering } from '../ports/open-answering.js';
import { modelFolder } from '../train/open-model.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { positiveNumber } from '../whole-number.js';
import { generatePretrained } from './generate-pretrained.js';

interface GenerateOptions extends CommonOptions, ModelOptions {
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
  const command = program
    .command('generate')
    .description("a model's answer to a question about an image, or its continuation of a prompt");
  addModelOptions(command)
    .option('--image <files...>', 'image file; several where the model reads several')
    .option('--question <text>', 'what is asked')
    .option('--prompt <text>', 'text that is continued; images are at its placeholders, else they go first')
    .option('--max-tokens <n>', 'most tokens of the answer', positiveNumber, 96)
    .option('--max-new-tokens <n>', 'the same, as transformers calls it', positiveNumber)
    .option('--temperature <t>', '0 is greedy', Number, 0)
    .option('--greedy', 'temperature 0')
    .action((options: GenerateOptions) => generate(options, command));
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
  if (options.endpoint !== undefined || options.model.startsWith(ONNX)) {
    const [image] = images;
    if (question === undefined || image === undefined || images.length > 1)
      command.error('error: expected --question and one --image for an endpoint or an ONNX export', {
        exitCode: 2,
      });
    return answerOne({ ...options, image, question }, call, command);
  }
  const folder = modelFolder(options.model);
  if (await isPretrainedFolder(folder)) {
    const text = prompt ?? question ?? '';
    const result = await generatePretrained(folder, { text, images, isQuestion: prompt === undefined }, call);
    return printResult(options, result, result.text);
  }
  if (images.length > 1 || (prompt === undefined && images.length === 0))
    command.error('error: expected one --image for this model', { exitCode: 2 });
  const [image] = images;
  if (prompt !== undefined) {
    const generator = createGenerator(await loadModel(folder));
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
  await answerOne({ ...options, image: image ?? '', question: question ?? '' }, call, command);
}

/** One answer through the `Answerer` port. */
async function answerOne(
  options: Omit<GenerateOptions, 'image'> & { readonly image: string; readonly question: string },
  call: { readonly maxTokens: number; readonly temperature: number; readonly seed: number },
  command: Command,
): Promise<void> {
  const { image, question } = options;
  const { answerer, compact, name } = await openAnswering(options, command);
  try {
    if (compact !== undefined) warnUnknown('questions', compact.model.tokenizer, [question]);
    const [answer] = await answerer.answer([{ image, question, ...call }]);
    const text = answer?.text ?? '';
    printResult(options, { answer: text, tokens: answer?.tokens, model: name }, text);
  } finally {
    await answerer.dispose();
  }
}

import {
  createGenerator,
  isPretrainedFolder,
  loadModel,
  type ModelCallOptions,
  type ModelRequest,
} from '@fgam/models';
import { formatPrompt } from '@fgam/rectifier';
import { type Command, Option } from 'commander';
import { type CommonOptions, printResult } from '../output.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { ONNX, openAnswering } from '../ports/open-answering.js';
import { modelFolder } from '../train/open-model.js';
import { warnUnknown } from '../train/warn-unknown.js';
import { usageError } from '../usage-error.js';
import { decimal, positiveNumber, share } from '../whole-number.js';
import { generatePretrained, type PretrainedResult } from './generate-pretrained.js';

interface GenerateOptions extends CommonOptions, ModelOptions {
  readonly image?: readonly string[];
  readonly question?: string;
  readonly prompt?: string;
  readonly maxTokens: number;
  readonly maxNewTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop?: readonly string[];
  readonly greedy?: boolean;
  readonly stream?: boolean;
  readonly weights: 'fitting' | 'int8';
}

/** What `fgam generate --json` prints, whatever model it asks. */
interface GenerateResult {
  readonly model: string;
  /** What was said, as the model said it. */
  readonly text: string;
  /** With `--question`: the text without white space at its ends. */
  readonly answer?: string;
  /** Ids of the tokens that were said, and the logarithm of each's probability: of models that run in this process. */
  readonly tokens?: readonly number[];
  readonly logprobs?: readonly number[];
  /** Number of tokens; undefined where an endpoint does not count. */
  readonly tokenCount?: number;
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
    .option('--temperature <t>', 'samples; 0, the default, is greedy', decimal)
    .option('--top-p <p>', 'samples the fewest tokens that have this probability together', share)
    .option('--top-k <n>', 'samples the so many most probable tokens', positiveNumber)
    .option('--stop <texts...>', 'texts before which the answer ends')
    .option('--greedy', 'temperature 0')
    .option('--stream', 'writes the answer as it is said')
    .addOption(
      new Option(
        '--weights <how>',
        'in memory if they fit, else left in their files; or in 8 bits: a quarter of the memory, faster, a little less exact',
      )
        .choices(['fitting', 'int8'])
        .default('fitting'),
    )
    .action((options: GenerateOptions, command: Command) => generate(options, command));
}

async function generate(options: GenerateOptions, command: Command): Promise<void> {
  const { question, prompt, image: images = [], temperature = 0, topP, topK, stream = false } = options;
  const refuse = (expected: string): never => usageError(command, `expected ${expected}`);
  if ((question === undefined) === (prompt === undefined)) refuse('either --question or --prompt');
  if (options.greedy === true && temperature !== 0) refuse('either --greedy or a --temperature');
  if (temperature === 0 && (topP !== undefined || topK !== undefined))
    refuse('a --temperature above 0 for --top-p and --top-k');
  if (stream && options.json === true) refuse('either --stream or --json');
  const request = {
    maxTokens: options.maxNewTokens ?? options.maxTokens,
    temperature,
    seed: options.seed,
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(options.stop === undefined ? {} : { stop: options.stop }),
  };
  if (options.endpoint !== undefined || options.model.startsWith(ONNX)) {
    const [image] = images;
    if (question === undefined || image === undefined || images.length > 1)
      return refuse('--question and one --image for an endpoint or an ONNX export');
    const foreign = ['adapter', 'weights', 'topP', 'topK', 'stop', 'stream'].some(
      (name) => command.getOptionValueSource(name) === 'cli',
    );
    if (foreign)
      refuse(
        'none of --adapter, --weights, --top-p, --top-k, --stop and --stream for an endpoint or an ONNX export',
      );
    return answerOne({ ...options, image, question }, request, command);
  }
  const call: ModelCallOptions = stream ? { onPiece: ({ text }) => void process.stdout.write(text) } : {};
  const folder = modelFolder(options.model);
  const show = (said: PretrainedResult) =>
    showResult(options, { ...said, model: options.model, tokenCount: said.tokens.length }, stream);
  if (await isPretrainedFolder(folder)) {
    const { adapter } = options;
    const asked = { text: prompt ?? question ?? '', images, isQuestion: prompt === undefined, adapter };
    return show(await generatePretrained(folder, asked, request, call, options.weights));
  }
  if (options.adapter !== undefined)
    usageError(command, 'expected --adapter beside a model of the Hugging Face hub');
  if (images.length > 1 || (prompt === undefined && images.length === 0))
    refuse('one --image for this model');
  const [image] = images;
  const weights = options.weights === 'int8' ? 'int8' : 'memory';
  const pictured = { ...request, ...(image === undefined ? {} : { image }) };
  const whole = { prompt: prompt ?? formatPrompt(question ?? ''), ...pictured };
  show(await generateCompact(folder, whole, { ...call, weights }, question));
}

/** Prints a result in its one form; what was streamed is there already. */
function showResult(
  options: CommonOptions & Pick<GenerateOptions, 'question'>,
  { model, text, tokens, logprobs, tokenCount }: Omit<GenerateResult, 'answer'>,
  isStreamed = false,
): void {
  const result: GenerateResult = {
    ...{ model, text },
    ...(options.question === undefined ? {} : { answer: text.trim() }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(tokenCount === undefined ? {} : { tokenCount }),
  };
  printResult(options, result, isStreamed ? '' : text);
}

/** One answer through the `Answerer` port. */
async function answerOne(
  options: Omit<GenerateOptions, 'image'> & { readonly image: string; readonly question: string },
  { maxTokens, temperature, seed }: Pick<ModelRequest, 'maxTokens' | 'temperature' | 'seed'>,
  command: Command,
): Promise<void> {
  const { image, question } = options;
  const { answerer, name } = await openAnswering(options, command);
  try {
    const [answer] = await answerer.answer([
      {
        image,
        question,
        maxTokens,
        ...(temperature === undefined ? {} : { temperature }),
        ...(seed === undefined ? {} : { seed }),
      },
    ]);
    const { text = '', tokens: tokenCount } = answer ?? {};
    showResult(options, { model: name, text, ...(tokenCount === undefined ? {} : { tokenCount }) });
  } finally {
    await answerer.dispose();
  }
}

/** One continuation by a compact model; says which words of a question it does not know. */
async function generateCompact(
  folder: string,
  request: ModelRequest,
  { weights, ...call }: ModelCallOptions & { readonly weights: 'memory' | 'int8' },
  question?: string,
): Promise<PretrainedResult> {
  const model = await loadModel(folder, { weights });
  if (question !== undefined) warnUnknown('questions', model.tokenizer, [question]);
  const generator = createGenerator(model);
  try {
    const [found] = await generator.generate([request], call);
    const { text = '', tokens = [], logprobs = [] } = found ?? {};
    return { text, tokens, logprobs };
  } finally {
    await generator.dispose();
  }
}

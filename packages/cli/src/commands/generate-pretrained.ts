import {
  createPretrainedGenerator,
  loadAdapter,
  loadPretrained,
  type LoadPretrainedOptions,
  type ModelCallOptions,
  type ModelRequest,
  promptWithImages,
  withAdapter,
} from '@fgam/models';

/** What a model of the Hugging Face hub is asked. */
export interface PretrainedPrompt {
  readonly text: string;
  readonly images: readonly string[];
  /** Goes through the chat template with or without images. */
  readonly isQuestion: boolean;
  /** Folder of an adapter of the model. Default: none. */
  readonly adapter?: string | undefined;
}

/** What it said. */
export interface PretrainedResult {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
}

/** One continuation by a model of the Hugging Face hub. */
export async function generatePretrained(
  folder: string,
  { text, images, isQuestion, adapter }: PretrainedPrompt,
  request: Omit<ModelRequest, 'prompt' | 'image'>,
  call: ModelCallOptions,
  weights: NonNullable<LoadPretrainedOptions['weights']>,
): Promise<PretrainedResult> {
  const base = await loadPretrained(folder, { weights });
  const model = adapter === undefined ? base : withAdapter(base, await loadAdapter(adapter, base.family));
  const isBare = isQuestion && images.length === 0;
  const bare = () =>
    model.chatTemplate?.render([{ role: 'user', content: [{ type: 'text', text }] }]) ?? text;
  const prompt = isBare ? bare() : promptWithImages(model, text, images.length);
  const generator = createPretrainedGenerator(model);
  try {
    const [found] = await generator.generate([{ prompt, images, ...request }], call);
    const { text: said = '', tokens = [], logprobs = [] } = found ?? {};
    return { text: said, tokens, logprobs };
  } finally {
    await generator.dispose();
  }
}

import { join } from 'node:path';
import { type ImageSource, readTextIfThere } from '@fgam/data';
import { z } from 'zod';
import { withoutToken } from '../answerer-pretrained.js';
import { schemaFaults } from '../bad-config.js';
import { readJsonFile } from '../checkpoint/read-json-file.js';
import { modelsError } from '../error.js';
import { openChatTemplate } from '../text/chat-template.js';
import { openPretrainedTokenizer } from '../text/pretrained-tokenizer.js';
import { questionPrompt } from '../text/prompt-with-images.js';
import { messageOf, type Transformers } from './load-transformers.js';
import { type LocatedOnnx, notFetched } from './locate-onnx.js';
import { onnxInputs } from './onnx-inputs.js';

/** An export, ready to be asked. */
export interface OnnxModel {
  readonly model: {
    generate(options: Record<string, unknown>): Promise<unknown>;
    dispose(): Promise<unknown>;
  };
  /** What the model reads of an image, where there is one, and what the user says after it. */
  readonly inputsOf: (image: ImageSource | undefined, text: string) => Promise<Record<string, unknown>>;
  readonly decode: (tokens: readonly number[]) => string;
}

const configSchema = z.looseObject({
  model_type: z.string(),
  image_token_id: z.int().optional(),
  image_token_index: z.int().optional(),
});
const tokenizerSchema = z.looseObject({ chat_template: z.unknown().optional() });

/**
 * Loads an export by transformers.js; its texts are put together and read by this package's tokenizer and
 * chat template, as those of checkpoints are.
 *
 * @throws FgamError `models/missing-file`, `models/bad-checkpoint`, `models/bad-config`, `models/bad-tokenizer`
 */
export async function openOnnx(transformers: Transformers, located: LocatedOnnx): Promise<OnnxModel> {
  const { id, root, options } = located;
  const { AutoConfig, AutoModelForImageTextToText, AutoProcessor } = transformers;
  const bad = (expected: string, cause?: unknown) =>
    modelsError('models/bad-checkpoint', `openOnnxAnswerer: ${id}: expected ${expected}; check the export`, {
      cause,
    });
  try {
    await AutoConfig.from_pretrained(id, options);
  } catch (cause) {
    throw notFetched(located, cause);
  }
  const read = <T>(schema: z.ZodType<T>, name: string): Promise<T> =>
    readJsonFile('openOnnxAnswerer', join(root, name)).then((json) => {
      const parsed = schema.safeParse(json);
      if (parsed.success) return parsed.data;
      throw bad(`a ${name} (${schemaFaults(parsed.error)[0] ?? ''})`);
    });
  const config = await read(configSchema, 'config.json');
  const [model, processor] = await Promise.all([
    AutoModelForImageTextToText.from_pretrained(id, options),
    AutoProcessor.from_pretrained(id, options),
  ]).catch((cause: unknown) => {
    throw bad(`transformers.js to load it, got: ${messageOf(cause)}`, cause);
  });
  const process = onnxInputs(
    transformers,
    config.model_type,
    async (first, second) => (await processor(first, second)) as unknown,
    (text) => processor.tokenizer?.(text),
  );
  const tokenizerConfig = await read(tokenizerSchema, 'tokenizer_config.json');
  const tokenizer = openPretrainedTokenizer(await read(z.unknown(), 'tokenizer.json'), tokenizerConfig);
  const imageToken = tokenizer.idToken(config.image_token_index ?? config.image_token_id ?? -1);
  if (imageToken === undefined)
    throw bad("the image token's id in config.json (image_token_index or image_token_id)");
  const template = [
    await readTextIfThere(join(root, 'chat_template.jinja')),
    processor.chat_template,
    tokenizerConfig.chat_template,
  ].find((text) => typeof text === 'string');
  const chatTemplate = template === undefined ? undefined : openChatTemplate(template, tokenizer.roles);
  return {
    model,
    inputsOf: (image, text) =>
      process(
        image,
        questionPrompt(
          { chatTemplate, imageToken, family: {} },
          withoutToken(text, imageToken),
          image === undefined ? 0 : 1,
        ),
      ),
    decode: (tokens) => tokenizer.decode(tokens),
  };
}

import { chatTemplateText, type CheckpointFiles, objectIn } from '../checkpoint/checkpoint-files.js';
import type { PretrainedModel } from '../checkpoint/load-pretrained.js';

/**
 * The small files of a LLaVA as transformers.js reads them: the image processor's settings and the chat
 * template in files of their own, sizes of the language model spelled out, and as many places for an image as
 * it has visual tokens (the library counts the class token in, which most checkpoints leave out).
 */
export function transformersFiles({ files, family }: PretrainedModel): CheckpointFiles {
  const config = objectIn(files, 'config.json') ?? {};
  const { image_processor: nested, ...processor } = objectIn(files, 'processor_config.json') ?? {};
  const images = nested ?? objectIn(files, 'preprocessor_config.json');
  const patch = patchSizeOf(config) ?? processor['patch_size'];
  const side = family.imageSpecs['pixels']?.shape[1] ?? 0;
  const [visual = 0] = family.visualExtent({}).shape;
  const patches = typeof patch === 'number' ? Math.floor(side / patch) ** 2 : visual;
  const written: Readonly<Record<string, object>> = {
    'config.json': {
      ...config,
      image_token_index: family.imageTokenId,
      text_config: { ...family.config.text_config, ...objectOf(config['text_config']) },
    },
    'preprocessor_config.json': { ...objectOf(images), processor_class: 'LlavaProcessor' },
    'processor_config.json': {
      ...processor,
      processor_class: 'LlavaProcessor',
      patch_size: patch,
      num_additional_image_tokens: visual - patches,
    },
  };
  const template = chatTemplateText(files, objectIn(files, 'tokenizer_config.json') ?? {});
  return new Map([
    ...files,
    ...(template === undefined ? [] : [['chat_template.jinja', Buffer.from(template)] as const]),
    ...Object.entries(written).map(
      ([name, value]) => [name, Buffer.from(`${JSON.stringify(value, null, 2)}\n`)] as const,
    ),
  ]);
}

function patchSizeOf(config: Readonly<Record<string, unknown>>): unknown {
  return objectOf(config['vision_config'])['patch_size'];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

import { fileURLToPath } from 'node:url';

/**
 * Folder of the compact base checkpoint in Hugging Face's layout: `config.json`, `tokenizer.json`,
 * `model.safetensors` (fp16).
 *
 * It was trained on scenes with captions, questions and global image-text contrast, and has seen no region
 * loss, relation label or rectification (README).
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { join } from 'node:path';
 * import { BASE_MODEL_FOLDER } from '@fgam/base-compact';
 *
 * if (!existsSync(join(BASE_MODEL_FOLDER, 'config.json'))) throw new Error('no checkpoint');
 * ```
 */
export const BASE_MODEL_FOLDER: string = fileURLToPath(new URL('../model/', import.meta.url));

/**
 * Folder of the compact base checkpoint of the family `minigpt4`, in the same layout: a Q-Former and a linear
 * map bring the image into the language model.
 *
 * It was trained as the other base was, and as long; spatial questions and boxes are at chance (README).
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { join } from 'node:path';
 * import { MINIGPT4_MODEL_FOLDER } from '@fgam/base-compact';
 *
 * if (!existsSync(join(MINIGPT4_MODEL_FOLDER, 'config.json'))) throw new Error('no checkpoint');
 * ```
 */
export const MINIGPT4_MODEL_FOLDER: string = fileURLToPath(new URL('../minigpt4/', import.meta.url));

/**
 * Folder of the compact grounding checkpoint, in the same layout: a detector of scenes' kinds with stage 1's
 * region-text similarity, for the grounded critic.
 *
 * It was trained on the regions of scenes, and answers no question (README).
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { join } from 'node:path';
 * import { GROUNDING_MODEL_FOLDER } from '@fgam/base-compact';
 *
 * if (!existsSync(join(GROUNDING_MODEL_FOLDER, 'config.json'))) throw new Error('no checkpoint');
 * ```
 */
export const GROUNDING_MODEL_FOLDER: string = fileURLToPath(new URL('../grounding/', import.meta.url));

/**
 * Folder of the compact rectification module, in the same layout: a language model that reads in words what
 * the grounding checkpoint sees, with a question and a response, and states what is true.
 *
 * It reads no images (README).
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { join } from 'node:path';
 * import { MODULE_MODEL_FOLDER } from '@fgam/base-compact';
 *
 * if (!existsSync(join(MODULE_MODEL_FOLDER, 'evidence.json'))) throw new Error('no checkpoint');
 * ```
 */
export const MODULE_MODEL_FOLDER: string = fileURLToPath(new URL('../module/', import.meta.url));

/**
 * Folder of the compact rectification module that reads images itself, in the same layout: it was put together of
 * the vision side of the grounding checkpoint, the connector of the base and the language model of the module
 * above, and states what is true of a question, without the response (README).
 *
 * @example
 * ```ts
 * import { existsSync } from 'node:fs';
 * import { join } from 'node:path';
 * import { IMAGE_MODULE_MODEL_FOLDER } from '@fgam/base-compact';
 *
 * if (!existsSync(join(IMAGE_MODULE_MODEL_FOLDER, 'module.json'))) throw new Error('no checkpoint');
 * ```
 */
export const IMAGE_MODULE_MODEL_FOLDER: string = fileURLToPath(new URL('../image-module/', import.meta.url));

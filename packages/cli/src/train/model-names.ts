/** The shipped base checkpoint, where a model is asked for. */
export const BASE_MODEL = 'compact-base';

/** The shipped base checkpoint of the other family, `minigpt4`. */
export const MINIGPT4_MODEL = 'compact-minigpt4';

/** The shipped grounding checkpoint, for the grounded critic. */
export const GROUNDING_MODEL = 'compact-grounding';

/** The shipped rectification module, which reads evidence in words: `text:compact-module` as a critic. */
export const MODULE_MODEL = 'compact-module';

/** The shipped rectification module that reads images itself. */
export const IMAGE_MODULE_MODEL = 'compact-image-module';

/** An untrained compact model, in a config of `fgam train`. */
export const NEW_MODEL = 'new';

/** One of about a quarter of its parameters, in the same words. */
export const SMALL_MODEL = 'new-small';

/** Whether a name is that of a shipped checkpoint. */
export function isShippedName(name: string): boolean {
  return isBaseName(name) || [GROUNDING_MODEL, MODULE_MODEL, IMAGE_MODULE_MODEL].includes(name);
}

/** Whether a name is that of a shipped base checkpoint. */
export function isBaseName(name: string): boolean {
  return [BASE_MODEL, MINIGPT4_MODEL].includes(name);
}

/** Whether what a config of `fgam train` has as its model needs no folder. */
export function isModelName(model: string): boolean {
  return isBaseName(model) || [NEW_MODEL, SMALL_MODEL].includes(model);
}

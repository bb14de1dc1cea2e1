import type { Family } from './family.js';
import { qFormerFamily } from './q-former-family.js';

/** InstructBLIP on LLaMA or Vicuna (`InstructBlipForConditionalGeneration`): visual tokens depend on the prompt. */
export const instructBlip: Family = qFormerFamily({
  modelType: 'instructblip',
  readsText: true,
  imagesFirst: true,
});

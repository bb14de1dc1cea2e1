import type { Family } from './family.js';
import { qFormerFamily } from './q-former-family.js';

/**
 * MiniGPT-4: BLIP-2's tower and Q-Former, a linear map, Vicuna; images at `<ImageHere>`. transformers has no such model: the folder is one of our own,
 * with BLIP-2's config and names (`tools/convert-minigpt4.py` writes it).
 */
export const miniGpt4: Family = qFormerFamily({
  modelType: 'minigpt4',
  readsText: false,
  imagesFirst: false,
});

import type { Family } from './family.js';
import { qFormerFamily } from './q-former-family.js';

/**
 * MiniGPT-4: BLIP-2's tower and Q-Former, a linear map, Vicuna; images at `<ImageHere>`. transformers has no
 * such model: the folder is one of our own, with BLIP-2's config and names (`tools/convert-minigpt4.py`
 * writes it). The parts are computed as transformers computes BLIP-2's, whose tower's last norm has an
 * epsilon of 1e-6 where MiniGPT-4's own code has 1e-5.
 */
export const miniGpt4: Family = qFormerFamily({
  modelType: 'minigpt4',
  readsText: false,
  imagesFirst: false,
});

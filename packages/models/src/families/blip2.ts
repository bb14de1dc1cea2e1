import type { Family } from './family.js';
import { qFormerFamily } from './q-former-family.js';

/** BLIP-2 (`Blip2ForConditionalGeneration`) on LLaMA; on OPT or T5, as Salesforce's checkpoints are, it is refused. */
export const blip2: Family = qFormerFamily({ modelType: 'blip-2', readsText: false, imagesFirst: true });

import { evidenceAbout } from './evidence-about.js';
import { formatEvidence, type FormatEvidenceOptions } from './format-evidence.js';
import type { ImageEvidence } from './image-evidence.js';

/** How evidence is written: a part of the prompt that a module is trained on. */
export interface EvidenceForm extends FormatEvidenceOptions {
  /**
   * Whether what has to do with the question and the response is said, and what of it is not there
   * (`evidenceAbout`), in place of all that was seen (`formatEvidence`). Default false.
   */
  readonly about?: boolean;
}

/**
 * Evidence in words, in one of its two forms.
 *
 * @param text - a question and the response to it, where there is one
 * @example
 * ```ts
 * import { writeEvidence } from '@fgam/rectifier';
 *
 * const nothing = { size: { width: 64, height: 64 }, objects: [] };
 * const words = writeEvidence(nothing, 'is there a red cross ?', { about: true });
 * if (words !== 'no red cross') throw new Error(words);
 * ```
 */
export function writeEvidence(evidence: ImageEvidence, text: string, form: EvidenceForm = {}): string {
  const { about = false, ...options } = form;
  return about ? evidenceAbout(text, evidence, options) : formatEvidence(evidence, options);
}

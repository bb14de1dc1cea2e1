import { createRandom, photoFacts, type RegionSample } from '@fgam/data';
import { captionErrors } from './caption-errors.js';
import { injectErrors } from './inject-errors.js';

/** Options of {@link wrongCaptions}. */
export interface WrongCaptionsOptions {
  /** Most captions wanted. Default 8. */
  readonly count?: number;
  /** With the sample's id, decides what is drawn. Default 0. */
  readonly seed?: number;
  /**
   * Names that may stand in for others in captions of photos (`photoNames`); what is wrong then is checked
   * against the annotation. Default: the captions are those of scenes.
   */
  readonly names?: readonly string[];
}

/** Names that are tried in a caption: each of them is an error of its own. */
const NAMES = 60;
/** What a caption of a scene answers. */
const CAPTION_QUESTION = 'describe the image .';

/**
 * Captions of an image that say something that it does not show: HACL's hallucinated captions, by rule where
 * its authors ask an LLM. Each has a known error or two (object, attribute, place, count) and is checked to
 * be false; one that only leaves something out is not among them. None for an image without a caption.
 *
 * @see Jiang et al., Hallucination Augmented Contrastive Learning (CVPR 2024, arXiv 2312.06968)
 * @example
 * ```ts
 * import { wrongCaptions } from '@fgam/rectifier';
 *
 * const sample = { id: '1', image: '1.png', width: 64, height: 64, caption: 'a small red circle at the top left .', regions: [] };
 * const found = wrongCaptions(sample, { count: 3 });
 * if (found.length !== 3 || found.includes(sample.caption)) throw new Error();
 * ```
 */
export function wrongCaptions(sample: RegionSample, options: WrongCaptionsOptions = {}): string[] {
  const { count = 8, seed = 0, names } = options;
  const { caption, id } = sample;
  if (caption === undefined) return [];
  if (names !== undefined) {
    const random = createRandom(`wrong-captions/${seed}/${id}`);
    const errors = captionErrors(photoFacts(sample), random.shuffle(names).slice(0, NAMES));
    return random.shuffle([...new Set(errors.map(({ response }) => response))]).slice(0, count);
  }
  const question = { id, sample: id, kind: 'caption', question: CAPTION_QUESTION, answer: caption } as const;
  // Of nine changes one leaves out: a few more are drawn than are wanted.
  return injectErrors(question, { seed, count: count + Math.ceil(count / 2), sample })
    .filter(({ response, feedback }) => feedback.issues.some(({ claim }) => claim !== response.trim()))
    .map(({ response }) => response)
    .slice(0, count);
}

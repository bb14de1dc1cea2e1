import type { Study } from './study.js';

/** Options of {@link sampleStudy}. */
export interface SampleStudyOptions {
  readonly items: number;
  readonly mode?: Study['mode'];
  /** Of every item. */
  readonly image?: string;
}

/** A study of items `q0`, `q1`, ... with two raters; of two systems, or of one where it is to be corrected. */
export function sampleStudy({ items, mode = 'rate', image = 'image.png' }: SampleStudyOptions): Study {
  const systems = mode === 'rate' ? ['secret-base', 'secret-rectified'] : ['secret-base'];
  return {
    mode,
    systems,
    raters: ['anna', 'ben'],
    items: Array.from({ length: items }, (_, index) => ({
      id: `q${index}`,
      image,
      question: `what is at place ${index} ?`,
      responses: systems.map((_system, number) => `answer ${index}-${number}`),
    })),
    seed: 1,
  };
}

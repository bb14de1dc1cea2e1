import { photoNames } from '@fgam/data';
import { wrongCaptions } from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';

/** How captions of a source are made wrong. */
export interface WrongCaptionRule {
  readonly seed: number;
  /**
   * Captions of photos: by the names and attributes of all of them, checked against each one's annotation.
   * Default: by the words of scenes.
   */
  readonly photos?: boolean;
}

/** A source whose images have wrong captions beside theirs, for HACL; those without a caption have none. */
export function withWrongCaptions(
  source: TrainingSource,
  { seed, photos = false }: WrongCaptionRule,
): TrainingSource {
  const samples = source.examples.flatMap(({ sample }) => (sample === undefined ? [] : [sample]));
  const options = photos ? { seed, names: photoNames(samples) } : { seed };
  const examples = source.examples.map((example) =>
    example.sample === undefined
      ? example
      : { ...example, wrongCaptions: wrongCaptions(example.sample, options) },
  );
  return { ...source, examples };
}

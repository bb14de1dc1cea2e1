import { FgamError, type RegionSample } from '@fgam/data';
import type { TrainingSource } from '@fgam/trainer';
import { say } from '../output.js';
import { withWrongCaptions } from '../recipes/with-wrong-captions.js';
import type { TrainingData } from './training-data.js';

/**
 * Sources with the captions that HACL reads and wrong ones beside them: those of an example's own sample,
 * else of the sample of its image. Says how many images have some.
 *
 * @param options - `option`: the key of the config that asks for them, for errors
 * @throws FgamError `data/empty` where no caption can be made wrong
 */
export function haclSources(
  sources: readonly TrainingSource[],
  data: TrainingData,
  { folder, option, seed }: { readonly folder: string; readonly option: string; readonly seed: number },
): readonly TrainingSource[] {
  const sampleOf = new Map<unknown, RegionSample>(
    data.kind === 'scenes' ? data.scenes.samples.map((sample) => [sample.image, sample]) : [],
  );
  const made = sources.map((source) => {
    const examples = source.examples.map((example) => {
      const sample = example.sample ?? sampleOf.get(example.image);
      return sample === undefined ? example : { ...example, sample };
    });
    return withWrongCaptions({ ...source, examples }, { seed, photos: data.kind === 'shards' });
  });
  const counts = made.flatMap(({ examples }) =>
    examples.map((example) => example.wrongCaptions?.length ?? 0),
  );
  const some = counts.filter((count) => count > 0).length;
  if (some === 0)
    throw new FgamError(
      'data/empty',
      `${folder}: ${option}: expected captions that can be made wrong in the training split, got none`,
    );
  say(`${some} of ${counts.length} images have wrong captions for HACL`);
  return made;
}

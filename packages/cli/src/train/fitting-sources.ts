import { FgamError, type ImageSource } from '@fgam/data';
import { answerTokens, fitsRow, type PretrainedModel, type VisualExtent } from '@fgam/models';
import type { TrainingSource } from '@fgam/trainer';
import { say } from '../output.js';

/**
 * Sources without the prompts and answers that are too long for a row, which are counted and said. Every
 * image is prepared once, so that a broken one does not end a run midway.
 *
 * @param rows - tokens of a row, by default the model's positions; parts that a batch is taken in, by default 1
 * @throws FgamError `data/empty` where nothing fits; `fgam/bad-config` for images of several shapes where batches
 * are taken in parts; the image reader's error
 */
export async function fittingSources(
  model: PretrainedModel,
  sources: readonly TrainingSource[],
  rows: { readonly rowTokens?: number | undefined; readonly parts?: number } = {},
): Promise<TrainingSource[]> {
  const { rowTokens = model.family.config.text_config.max_position_embeddings, parts = 1 } = rows;
  const extents = new Map<ImageSource, VisualExtent>();
  for (const { image } of sources.flatMap(({ examples }) => examples))
    if (!extents.has(image))
      extents.set(image, model.family.visualExtent(await model.processor.prepare(image)));
  const shapes = new Set([...extents.values()].map(({ shape }) => shape.join(' x ')));
  if (parts > 1 && shapes.size > 1)
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `expected images of one shape where a batch is taken in ${parts} parts (microBatches, processes), got ${shapes.size} shapes; take batches whole, in one process, or give images of one size`,
    );
  let [all, long] = [0, 0];
  const fitting = sources.map((source) => ({
    ...source,
    examples: source.examples.flatMap((example) => {
      const { image, segments = [] } = example;
      const extent = extents.get(image) ?? { shape: [] };
      const kept = segments.filter((segment) =>
        fitsRow(model.family, answerTokens(model, segment, [extent]), rowTokens),
      );
      all += segments.length;
      long += segments.length - kept.length;
      return kept.length === 0 ? [] : [{ ...example, segments: kept }];
    }),
  }));
  if (long === all)
    throw new FgamError(
      'data/empty',
      `expected answers that fit rows of ${rowTokens} tokens with their prompts and images, got none of ${all}; raise rowTokens, or take a model of more positions`,
    );
  if (long > 0)
    say(`warning: ${long} of ${all} answers do not fit rows of ${rowTokens} tokens and are left out`);
  return fitting.filter(({ examples }) => examples.length > 0);
}

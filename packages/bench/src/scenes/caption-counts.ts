import type { Question, RegionSample } from '@fgam/data';
import { benchError, listIds } from '../error.js';
import { type CaptionCounts, captionHallucinations } from './caption-hallucinations.js';

/**
 * What each caption claims and how much of it is false, by question id. A missing caption counts as one
 * false claim of each type.
 *
 * @param name - the calling function, for the message
 * @throws FgamError `bench/bad-truth` where a caption's sample is not given
 */
export function captionCounts(
  name: string,
  rows: readonly { readonly item: Question; readonly answer: string | undefined }[],
  samples: readonly RegionSample[],
): Map<string, CaptionCounts> {
  const sampleOf = new Map(samples.map((sample) => [sample.id, sample]));
  const captions = rows.filter(({ item }) => item.kind === 'caption');
  const absent = captions.filter(({ item }) => !sampleOf.has(item.sample)).map(({ item }) => item.sample);
  if (absent.length > 0)
    throw benchError(
      'bench/bad-truth',
      `${name}: expected the sample of each caption question, got none for ${listIds(absent)}; pass the samples that the questions were made from`,
    );
  return new Map(
    captions.map(({ item, answer }) => {
      const counts = captionHallucinations(answer ?? '', sampleOf.get(item.sample) ?? { regions: [] });
      return [item.id, answer === undefined ? allWrong(counts.objects) : counts];
    }),
  );
}

function allWrong(objects: number): CaptionCounts {
  return {
    mentions: 1,
    wrongObjects: 1,
    attributeClaims: 1,
    wrongAttributes: 1,
    relationClaims: 1,
    wrongRelations: 1,
    objects,
    found: 0,
  };
}

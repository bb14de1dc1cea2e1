import type { Detection, Provenance, Region, RegionSample } from '@fgam/data';
import { labelError } from '../error.js';

/** What a detector found in one sample's image. */
export interface SampleLabels {
  readonly detections: readonly Detection[];
  /** What made them, such as `detector.provenance(phrases)`. */
  readonly provenance: Provenance;
  /** Drop pseudo-labels that were made with other settings. Default false: an error. */
  readonly replace?: boolean;
}

/**
 * A sample with detections as regions, each with its provenance; label and description are the phrase,
 * the source is the detector.
 *
 * Regions without provenance (annotations) stay. Pseudo-labels that were made with the same settings are made
 * anew, so that labelling twice changes nothing. Those made with others (detector, weights, thresholds or
 * prompt) are never mixed with new ones. Relations of regions that go, go too.
 *
 * @throws FgamError `label/other-settings` where the sample has such labels and `replace` is not set;
 * `label/bad-detections` where a box or score is not within 0..1
 * @example
 * ```ts
 * import { labelSample } from '@fgam/label';
 *
 * const sample = { id: '7', image: '7.jpg', width: 64, height: 48, regions: [] };
 * const detections = [{ box: { x0: 0, y0: 0, x1: 0.5, y1: 1 }, label: 'a cat', score: 0.8 }];
 * const provenance = { detector: 'mine', weightsSha256: 'ab12', thresholds: { boxThreshold: 0.35 }, prompt: 'a cat.' };
 * const labelled = labelSample(sample, { detections, provenance });
 * if (labelled.regions[0]?.provenance !== provenance) throw new Error('no provenance');
 * ```
 */
export function labelSample(sample: RegionSample, labels: SampleLabels): RegionSample {
  const { detections, provenance, replace = false } = labels;
  const other = sample.regions.find(
    (region) => region.provenance !== undefined && !sameSettings(region.provenance, provenance),
  );
  if (other?.provenance !== undefined && !replace)
    throw labelError(
      'label/other-settings',
      `labelSample: expected pseudo-labels of one kind in sample ${sample.id}, got labels ${differences(other.provenance, provenance)}; ` +
        'label with the former settings, or replace the labels',
    );
  const annotated = sample.regions.filter((region) => region.provenance === undefined);
  const taken = new Set(annotated.map(({ id }) => id));
  const regions = [
    ...annotated,
    ...detections.map((each, i) => toRegion(sample, each, i, provenance, taken)),
  ];
  const { relations, annotatedRelations } = sample;
  const bothStay = ({ subject, object }: { readonly subject: string; readonly object: string }): boolean =>
    taken.has(subject) && taken.has(object);
  return {
    ...sample,
    regions,
    ...(relations === undefined ? {} : { relations: relations.filter(bothStay) }),
    ...(annotatedRelations === undefined ? {} : { annotatedRelations: annotatedRelations.filter(bothStay) }),
  };
}

function toRegion(
  sample: RegionSample,
  { box, label, score }: Detection,
  index: number,
  provenance: Provenance,
  taken: ReadonlySet<string>,
): Region {
  const { x0, y0, x1, y1 } = box;
  const inside = x0 >= 0 && y0 >= 0 && x1 <= 1 && y1 <= 1 && x1 > x0 && y1 > y0;
  if (!(inside && score >= 0 && score <= 1))
    throw labelError(
      'label/bad-detections',
      `labelSample: expected boxes with area and scores within 0..1, got ${x0}, ${y0}, ${x1}, ${y1} with score ${score} in sample ${sample.id}`,
    );
  let id = `${sample.id}-${provenance.detector}-${index}`;
  while (taken.has(id)) id += '+';
  return { id, box, label, description: label, source: provenance.detector, score, provenance };
}

function settingsOf({
  detector,
  weightsSha256,
  thresholds,
  prompt,
}: Provenance): Record<string, string | number> {
  return { detector, weightsSha256, ...thresholds, prompt };
}

function sameSettings(a: Provenance, b: Provenance): boolean {
  return a === b || differing(a, b).length === 0;
}

function differing(a: Provenance, b: Provenance): [name: string, of: unknown, instead: unknown][] {
  const [left, right] = [settingsOf(a), settingsOf(b)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.flatMap((name) => (left[name] === right[name] ? [] : [[name, left[name], right[name]]]));
}

function differences(former: Provenance, now: Provenance): string {
  return differing(former, now)
    .map(
      ([name, of, instead]) =>
        `made with ${name} ${JSON.stringify(of)} instead of ${JSON.stringify(instead)}`,
    )
    .join(', ');
}

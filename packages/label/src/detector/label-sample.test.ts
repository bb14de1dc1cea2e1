import type { RegionSample } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { labelSample } from './label-sample.js';

const provenance = {
  detector: 'dino',
  weightsSha256: 'ab',
  thresholds: { boxThreshold: 0.3 },
  prompt: 'cat.',
};
const detections = [{ box: { x0: 0, y0: 0, x1: 0.5, y1: 1 }, label: 'cat', score: 0.8 }];
const annotated = {
  id: '1',
  box: { x0: 0, y0: 0, x1: 1, y1: 1 },
  label: 'dog',
  description: 'a dog',
  source: 'coco',
};
const sample: RegionSample = { id: '7', image: '7.jpg', width: 64, height: 48, regions: [annotated] };

describe('labelSample', () => {
  it('adds regions with provenance to the annotated ones', () => {
    const { regions } = labelSample(sample, { detections, provenance });
    expect(regions).toEqual([
      annotated,
      { id: '7-dino-0', ...detections[0], description: 'cat', source: 'dino', provenance },
    ]);
  });

  it('changes nothing when it labels again with the same settings', () => {
    const once = labelSample(sample, { detections, provenance });
    const same = { ...provenance, thresholds: { ...provenance.thresholds } };
    expect(labelSample(once, { detections, provenance: same })).toEqual(once);
  });

  it.each([
    ['detector', { ...provenance, detector: 'other' }],
    ['weightsSha256', { ...provenance, weightsSha256: 'cd' }],
    ['boxThreshold', { ...provenance, thresholds: { boxThreshold: 0.4 } }],
    ['textThreshold', { ...provenance, thresholds: { boxThreshold: 0.3, textThreshold: 0.2 } }],
    ['prompt', { ...provenance, prompt: 'dog.' }],
  ])('refuses to mix in labels of another %s, unless it replaces them', (name, other) => {
    const labelled = labelSample(sample, { detections, provenance: other });
    const mix = () => labelSample(labelled, { detections, provenance });
    expect(mix).toThrow(
      expect.objectContaining({
        code: 'label/other-settings',
        message: expect.stringContaining(name) as string,
      }),
    );
    // Nothing found now is no reason to keep the former labels silently.
    expect(() => labelSample(labelled, { detections: [], provenance })).toThrow('the former settings');
    expect(labelSample(labelled, { detections, provenance, replace: true })).toEqual(
      labelSample(sample, { detections, provenance }),
    );
  });

  it('drops relations of the regions that go', () => {
    const labelled = labelSample(sample, { detections, provenance });
    const relations = [
      { subject: '1', relation: 'overlaps', object: '7-dino-0' },
      { subject: '1', relation: 'contains', object: '1' },
    ] as const;
    const again = labelSample({ ...labelled, relations }, { detections: [], provenance });
    expect(again.regions).toEqual([annotated]);
    expect(again.relations).toEqual([relations[1]]);
    const annotatedRelations = ['7-dino-0', '1'].map((object) => ({
      subject: '1',
      predicate: 'near',
      object,
    }));
    const said = labelSample({ ...labelled, annotatedRelations }, { detections: [], provenance });
    expect(said.annotatedRelations).toEqual([annotatedRelations[1]]);
  });

  it('gives ids that no region has', () => {
    const taken = { ...sample, regions: [{ ...annotated, id: '7-dino-0' }] };
    const { regions } = labelSample(taken, { detections, provenance });
    expect(new Set(regions.map(({ id }) => id)).size).toBe(2);
  });

  it('refuses boxes and scores out of range', () => {
    const bad = expect.objectContaining({ code: 'label/bad-detections' }) as Error;
    const label = (box: object, score: number) => () =>
      labelSample(sample, {
        detections: [{ box: { x0: 0, y0: 0, x1: 0.5, y1: 1, ...box }, label: 'cat', score }],
        provenance,
      });
    for (const [box, score] of [
      [{ x1: 1.5 }, 0.5],
      [{ x1: 0 }, 0.5],
      [{ y0: NaN }, 0.5],
      [{}, 1.5],
      [{}, NaN],
    ] as const)
      expect(label(box, score)).toThrow(bad);
  });
});

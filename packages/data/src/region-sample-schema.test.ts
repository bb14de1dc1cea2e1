import { describe, expect, it } from 'vitest';
import type { RegionSample } from './records.js';
import { regionSampleSchema } from './region-sample-schema.js';

const sample: RegionSample = {
  id: '1',
  image: 'a.jpg',
  width: 4,
  height: 2,
  regions: [
    {
      id: '1',
      box: { x0: 0, y0: 0, x1: 0.5, y1: 1 },
      label: 'car',
      description: 'a red car',
      source: 'detector',
      provenance: { detector: 'd', weightsSha256: '00', thresholds: { box: 0.3 }, prompt: 'car .' },
      descriptionProvenance: {
        model: 'm',
        endpoint: 'localhost:8000',
        promptVersion: 1,
        temperature: 0.2,
        seed: 3,
        images: true,
      },
    },
  ],
};

describe('regionSampleSchema', () => {
  it('keeps how label and description were made', () => {
    expect(regionSampleSchema.parse(JSON.parse(JSON.stringify(sample)))).toEqual(sample);
  });

  it('keeps what annotators said, and conversations', () => {
    const [region] = sample.regions;
    const said = {
      ...sample,
      regions: [
        { ...region, attributes: ['red', 'parked'] },
        { ...region, id: '2' },
      ],
      annotatedRelations: [{ subject: '1', predicate: 'in front of', object: '2' }],
      conversations: [
        { id: 'c', turns: [{ question: 'What?', answer: 'A car.' }], source: 'llava-instruct' },
      ],
    };
    expect(regionSampleSchema.parse(said)).toEqual(said);
    for (const broken of [
      { ...said, regions: [{ ...region, attributes: 'red' }] },
      { ...said, annotatedRelations: [{ subject: '1', relation: 'near', object: '2' }] },
      { ...said, conversations: [{ ...said.conversations[0], turns: [] }] },
    ])
      expect(regionSampleSchema.safeParse(broken).success).toBe(false);
  });

  it('keeps a captioner’s provenance and scores of texts', () => {
    const score = { value: 0.31, model: 'clip', modelSha256: '11' };
    const captioner = {
      captioner: 'c',
      modelSha256: '00',
      task: 'caption',
      margin: 0.1,
      maxTokens: 9,
      version: 1,
    };
    const [region] = sample.regions;
    const scored = {
      ...{ ...sample, caption: 'a car', captionScore: score },
      regions: [{ ...region, descriptionProvenance: captioner, descriptionScore: score }],
    };
    expect(regionSampleSchema.parse(JSON.parse(JSON.stringify(scored)))).toEqual(scored);
  });

  it('refuses a provenance of a description that lacks its model', () => {
    const [region] = sample.regions;
    const descriptionProvenance = { ...region?.descriptionProvenance, model: undefined };
    const broken = { ...sample, regions: [{ ...region, descriptionProvenance }] };
    expect(regionSampleSchema.safeParse(broken).success).toBe(false);
  });
});

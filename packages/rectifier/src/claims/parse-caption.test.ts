import { createRandom, objectName, sampleScene, sceneCaption } from '@fgam/data';
import { describe, expect, it } from 'vitest';
import { formatNounPhrase } from './noun-phrase.js';
import { SCENE_ONTOLOGY as scenes } from './ontology.js';
import { parseCaption } from './parse-caption.js';

const placed = (noun: string, attributes: Record<string, string>, location?: string) => ({
  about: 'object',
  subject: { noun, attributes },
  ...(location === undefined ? {} : { location }),
});

describe('parseCaption', () => {
  it.each([
    [
      'a small red circle at the top left , a large blue square at the centre .',
      [
        placed('circle', { size: 'small', colour: 'red' }, 'top left'),
        placed('square', { size: 'large', colour: 'blue' }, 'centre'),
      ],
    ],
    [
      'There is a red circle in the center, and there is a cross on the right.',
      [placed('circle', { colour: 'red' }, 'centre'), placed('cross', {}, 'right')],
    ],
    ['a black and white cat and a dog', [placed('black and white cat', {}), placed('dog', {})]],
    ['', []],
    [' . , ;', []],
  ])('cuts %j', (caption, clauses) => {
    expect(parseCaption(caption, scenes)).toMatchObject(clauses);
    expect(parseCaption(caption, scenes)).toHaveLength(clauses.length);
  });

  it('reads a relation as two objects and what is between them', () => {
    const [subject, object, relation] = parseCaption(
      'the red circle is to the left of a blue square',
      scenes,
    );
    expect(subject).toEqual({
      about: 'object',
      text: 'the red circle',
      subject: { noun: 'circle', attributes: { colour: 'red' } },
    });
    expect(object).toMatchObject({ about: 'object', text: 'a blue square' });
    expect(relation).toMatchObject({ about: 'relation', relation: 'left-of', holds: true });
  });

  it('finds every object of a scene in its caption', () => {
    for (let i = 0; i < 30; i += 1) {
      const scene = sampleScene(createRandom(`captions/${i}`));
      const named = parseCaption(sceneCaption(scene), scenes).map((claim) =>
        claim.about === 'object' ? formatNounPhrase(claim.subject, scenes) : claim.text,
      );
      expect(named.sort()).toEqual(scene.objects.map(objectName).sort());
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNounPhrase, parseNounPhrase, plainText } from './noun-phrase.js';
import { SCENE_ONTOLOGY as scenes } from './ontology.js';

describe('parseNounPhrase', () => {
  it.each([
    ['a small striped red circle', 'circle', { size: 'small', texture: 'striped', colour: 'red' }],
    ['The  LARGE blue\nsquare', 'square', { size: 'large', colour: 'blue' }],
    ['some fire hydrant', 'fire hydrant', {}],
    ['a plain cross', 'cross', { texture: 'plain' }],
    // A second value of an attribute is no attribute: nothing is both.
    ['a red blue circle', 'blue circle', { colour: 'red' }],
    ['an orange', 'orange', {}],
    ['an orange orange', 'orange', { colour: 'orange' }],
    ['a small red', 'red', { size: 'small' }],
  ])('reads %j', (text, noun, attributes) => {
    expect(parseNounPhrase(text, scenes)).toEqual({ noun, attributes });
  });

  it('is undone by formatNounPhrase, but for what is not said', () => {
    const value = (name: string) =>
      fc.option(fc.constantFrom(...(scenes.attributes[name] ?? [])), { nil: undefined });
    const phrase = fc.record({
      noun: fc.constantFrom(...scenes.nouns, 'fire hydrant'),
      size: value('size'),
      texture: value('texture'),
      colour: value('colour'),
    });
    fc.assert(
      fc.property(phrase, ({ noun, ...values }) => {
        const attributes = Object.fromEntries(
          Object.entries(values).flatMap(([name, each]) => (each === undefined ? [] : [[name, each]])),
        );
        const { texture, ...others } = attributes;
        const said = texture === undefined || texture === 'plain' ? others : attributes;
        const text = formatNounPhrase({ noun, attributes }, scenes);
        expect(parseNounPhrase(text, scenes)).toEqual({ noun, attributes: said });
      }),
    );
  });
});

it('plainText folds case and space, and sets punctuation apart', () => {
  expect(plainText(' Yes,it IS.\n')).toBe('yes , it is .');
  expect(plainText('2.5 dogs')).toBe('2.5 dogs');
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      expect(plainText(plainText(text))).toBe(plainText(text));
    }),
  );
});

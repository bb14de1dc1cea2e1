import { describe, expect, it } from 'vitest';
import { evidenceAbout } from './evidence-about.js';
import { writeEvidence } from './evidence-form.js';

const at = (x: number, y: number) => ({ x0: x, y0: y, x1: x + 0.2, y1: y + 0.2 });
const size = { width: 64, height: 64 };
const objects = [
  { name: 'large striped blue square', box: at(0.7, 0.25), score: 0.9 },
  { name: 'small red circle', box: at(0.05, 0.1), score: 0.8 },
  { name: 'small green cross', box: at(0.1, 0.4), score: 0.7 },
];
const evidence = { size, objects };
const BLUE = 'large striped blue square at the right <loc_22> <loc_8> <loc_28> <loc_14>';
const RED = 'small plain red circle at the top left <loc_1> <loc_3> <loc_8> <loc_9>';
const GREEN = 'small plain green cross at the left <loc_3> <loc_12> <loc_9> <loc_19>';

describe('evidenceAbout', () => {
  it('says what is named first, then what is near it, and the relations in the words of the text', () => {
    expect(evidenceAbout('is the red circle left of the blue square ? yes', evidence)).toBe(
      [
        ...[RED, BLUE, GREEN],
        'the red circle is left of the blue square',
        'the small green cross is below the red circle',
      ].join(' ; '),
    );
  });

  it('says what is not there, whatever its attributes are', () => {
    const words = evidenceAbout('a small red square , a large striped blue square .', evidence, {
      relations: 0,
    });
    expect(words).toBe(['no small red square', BLUE, GREEN, RED].join(' ; '));
  });

  it('finds values that names leave unsaid, and phrases without attributes', () => {
    const about = (text: string) => evidenceAbout(text, evidence, { objects: 1, relations: 0 });
    expect(about('is there a plain cross ?')).toBe(GREEN);
    expect(about('what colour is the circle ?')).toBe(RED);
    expect(about('is there a striped cross ?')).toBe(`no striped cross ; ${BLUE}`);
  });

  it('relates nothing to itself', () => {
    expect(
      evidenceAbout('what colour is the circle ? the red circle is red', evidence, { relations: 1 }),
    ).toBe([RED, GREEN, BLUE, 'the small green cross is below the circle'].join(' ; '));
  });

  it('without a noun has the surest, without anything says so', () => {
    expect(evidenceAbout('what is at the top ? nothing', evidence, { objects: 2 })).toBe(`${BLUE} ; ${RED}`);
    expect(evidenceAbout('what is at the top ?', { size, objects: [] })).toBe('nothing');
  });
});

describe('writeEvidence', () => {
  it('has both forms', () => {
    expect(
      writeEvidence(evidence, 'is there a red circle ?', { about: true, objects: 1, relations: 0 }),
    ).toBe(RED);
    expect(writeEvidence(evidence, 'is there a red circle ?', { objects: 1 })).toMatch(
      /^large striped blue square <loc_22>/,
    );
  });
});

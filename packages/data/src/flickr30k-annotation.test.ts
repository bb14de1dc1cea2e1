import { describe, expect, it } from 'vitest';
import { flickr30kObject, parseFlickr30kAnnotation } from './flickr30k-annotation.js';

const annotation = (objects = '', size = '<width>40</width><height>20</height><depth>3</depth>') =>
  `<annotation><filename>7.jpg</filename><size>${size}</size>${objects}</annotation>`;

describe('parseFlickr30kAnnotation', () => {
  it('reads an object with two chains, and one without a box', () => {
    const parsed = parseFlickr30kAnnotation(
      annotation(
        '<object><name>1</name><name>2</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>' +
          '<object><name>3</name><scene>1</scene><nobndbox>0</nobndbox></object>',
      ),
    );
    if (typeof parsed === 'string') throw new Error(parsed);
    expect(parsed).toMatchObject({ filename: '7.jpg', size: { width: 40, height: 20 } });
    expect(parsed.object.map((object) => flickr30kObject.parse(object))).toEqual([
      { name: ['1', '2'], bndbox: [{ xmin: 1, ymin: 2, xmax: 3, ymax: 4 }] },
      { name: ['3'], scene: '1', nobndbox: '0' },
    ]);
  });

  it.each([
    ['a file cut off', annotation().slice(0, 60)],
    ['no XML', 'annotation'],
    ['nothing', ''],
    ['another root', '<other/>'],
    ['no size', '<annotation><filename>7.jpg</filename></annotation>'],
    ['an absurd size', annotation('', '<width>99999999999</width><height>20</height>')],
    ['a size that is no number', annotation('', '<width>NaN</width><height>20</height>')],
    ['a size twice', annotation('<size><width>1</width><height>1</height></size>')],
    ['a tag twice', annotation('', '<width>40</width><width>41</width><height>20</height>')],
    [
      'entities that grow',
      `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(100)}">]><annotation><filename>&b;&b;</filename></annotation>`,
    ],
    [
      'a file of the system',
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation>&b;</annotation>',
    ],
    ['CDATA', annotation('<object><![CDATA[x]]></object>')],
  ])('refuses %s', (_, xml) => {
    expect(parseFlickr30kAnnotation(xml)).toEqual(expect.any(String));
  });

  it('refuses an object that has a box nowhere', () => {
    const object = { name: ['1'], scene: '0', nobndbox: '0' };
    expect(flickr30kObject.safeParse(object).success).toBe(false);
  });

  it('leaves prototypes alone', () => {
    const parsed = parseFlickr30kAnnotation(annotation('<__proto__><polluted>1</polluted></__proto__>'));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object(parsed) as object)).not.toContain('polluted');
  });

  it('does not expand entities', () => {
    const parsed = parseFlickr30kAnnotation(annotation().replace('7.jpg', '&amp;.jpg'));
    expect(parsed).toMatchObject({ filename: '&amp;.jpg' });
  });
});

import { describe, expect, it } from 'vitest';
import { splitOf } from './data-split.js';

describe('splitOf', () => {
  const ids = Array.from({ length: 5000 }, (_, i) => String(i));
  const held = (options: Parameters<typeof splitOf>[1]) =>
    ids.filter((id) => splitOf(id, options) === 'validation');

  it('holds out the asked share, and the same ids each time', () => {
    expect(held({}).length / ids.length).toBeCloseTo(0.1, 1);
    expect(held({ validation: 0.5 }).length / ids.length).toBeCloseTo(0.5, 1);
    expect(held({})).toEqual(held({}));
    expect(held({ validation: 0 })).toEqual([]);
    expect(held({ validation: 1 })).toEqual(ids);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses a share of %s', (validation) =>
    expect(() => splitOf('1', { validation })).toThrow('splitOf: expected validation in 0..1'),
  );

  it('draws anew by seed, and a larger share holds the smaller', () => {
    expect(held({ seed: 1 })).not.toEqual(held({ seed: 2 }));
    const more = new Set(held({ validation: 0.2 }));
    expect(held({ validation: 0.1 }).every((id) => more.has(id))).toBe(true);
  });
});

import { loadModel } from '@fgam/models';
import { describe, expect, test } from 'vitest';
import { modelFolder } from '../train/open-model.js';
import { FAMILIES, familyOf, refuseOtherFamily, SHIPPED_BASES } from './families.js';

describe.each(FAMILIES)('%s', (family) => {
  test('has a shipped base of its own', async () => {
    const folder = modelFolder(SHIPPED_BASES[family]);
    const base = await loadModel(folder);
    expect(familyOf(base)).toBe(family);
    refuseOtherFamily(base, family, folder);
  });

  test('takes no base of another', async () => {
    const folder = modelFolder(SHIPPED_BASES[family]);
    const base = await loadModel(folder);
    const [other] = FAMILIES.filter((each) => each !== family);
    if (other === undefined) throw new Error('expected two families');
    expect(() => refuseOtherFamily(base, other, folder)).toThrow(
      `expected a base of the family ${other}, got one of ${family}`,
    );
  });
});

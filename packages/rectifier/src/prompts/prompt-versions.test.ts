import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';

/**
 * SHA-256 of each prompt's texts by its name. Models are trained on them, and what they said is kept with
 * the name: a changed text needs a new name, and its own line here.
 */
const HASHES = {
  'decide-1': '73a41060bc6c0049fd24b2161cf4c914794f66d1eea76995744d71a8ce1de1a1',
  'evidence-1': '05619a76ab07166451e9c9485169eea6839b6705aac0ce4604b11d6e376fe55e',
  'instruct-1': 'f7591ba190a05ec707edde417046610d27ac841ea4b5246f12810444208462b6',
  'llm-conversation-1': '21b16f8622c9084f2f278d75668ecc8cfe6f87cd974c8589dfc19f32ad3c8a0f',
  'llm-critic-1': '7965fc1ffb307a99815900c25c8577bf463d87f4ed9b4dd0196f7f291afd9f08',
  'paper-1': '11f6aa1ce65fbb852943439d7412ea9ce5444733b2159931d77bc26d3d967e11',
  'statement-1': '0b6ad46058c2c60f18c58663d15fd7abb0cc4ec786d427710ac0553df16ab8ca',
  'turns-1': 'cbf600ecf8438b58fd82a29c906613ec82ea8f22a4ffa6d8838e89e74cc774c6',
};

/** Every export of this folder with a name and a version. */
async function versionedPrompts(): Promise<ReadonlyMap<string, readonly object[]>> {
  const folder = new URL('./', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const found = new Map<string, object[]>();
  for (const file of files) {
    const module = (await import(/* @vite-ignore */ new URL(file, folder).href)) as Record<string, unknown>;
    for (const value of Object.values(module)) {
      if (typeof value !== 'object' || value === null || !('name' in value)) continue;
      const name = String(value.name);
      found.set(name, [...(found.get(name) ?? []), value]);
    }
  }
  return found;
}

it('has for every name of a prompt one text, which does not change', async () => {
  const prompts = await versionedPrompts();
  const hashes = [...prompts].map(([name, texts]) => {
    expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*-\d+$/);
    expect(texts).toHaveLength(1);
    return [name, createHash('sha256').update(JSON.stringify(texts[0])).digest('hex')];
  });
  expect(Object.fromEntries(hashes)).toEqual(HASHES);
});

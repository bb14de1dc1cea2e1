import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, type Weights, writeSafetensors } from '@fgam/compile';

/** An object of a JSON file. */
export type Json = Record<string, unknown>;

/** Rewrites a JSON file of a checkpoint. */
export async function editJson(folder: string, name: string, change: (json: Json) => void): Promise<void> {
  const path = join(folder, name);
  const json = JSON.parse(await readFile(path, 'utf8')) as Json;
  change(json);
  await writeFile(path, JSON.stringify(json));
}

/** Rewrites the shards of a checkpoint, weight by weight, and the index with them. */
export async function editShards(
  folder: string,
  change: (name: string, weight: Weights[string]) => [string, Weights[string]][],
): Promise<void> {
  const path = join(folder, 'model.safetensors.index.json');
  const index = JSON.parse(await readFile(path, 'utf8')) as { weight_map: Record<string, string> };
  const map: Record<string, string> = {};
  for (const file of new Set(Object.values(index.weight_map))) {
    const { weights } = await readSafetensors(join(folder, file));
    const changed = Object.entries(weights).flatMap(([name, weight]) => change(name, weight));
    for (const [name] of changed) map[name] = file;
    await writeSafetensors(join(folder, file), Object.fromEntries(changed));
  }
  await writeFile(path, JSON.stringify({ weight_map: map }));
}

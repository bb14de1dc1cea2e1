import { readJson } from '@fgam/data';
import { z } from 'zod';

const anyManifest = z.looseObject({ format: z.string() });

/** What a `manifest.json` says its folder holds, such as `fgam-shards`; undefined where it says nothing. */
export async function manifestFormat(path: string): Promise<string | undefined> {
  return anyManifest.safeParse(await readJson(path)).data?.format;
}

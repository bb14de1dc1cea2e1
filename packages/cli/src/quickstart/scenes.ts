import { join } from 'node:path';
import { type SceneSplit, writeScenes } from '@fgam/data';
import { withProgress } from '../progress.js';
import { readSceneData, type SceneData } from '../scene-data.js';
import type { QuickstartScale } from './scale.js';

/** The three splits of a run. */
export type QuickstartScenes = Readonly<Record<SceneSplit, SceneData>>;

/** Writes the scenes of a run, where they are not there yet, and reads them by the readers of real data. */
export async function prepareScenes(
  folder: string,
  scale: QuickstartScale,
  seed: number,
  signal: AbortSignal,
): Promise<QuickstartScenes> {
  const prepare = async (split: SceneSplit): Promise<SceneData> => {
    const out = join(folder, split);
    const count = scale.scenes[split];
    await withProgress(`scenes: ${split}`, count, (onProgress) =>
      writeScenes({ out, count, seed, split, signal, onProgress }),
    );
    return readSceneData(out);
  };
  return {
    train: await prepare('train'),
    validation: await prepare('validation'),
    test: await prepare('test'),
  };
}

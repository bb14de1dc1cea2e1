import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '@fgam/models';
import { expect, test } from 'vitest';
import { fgam, fgamJson, temporary } from './command.test-support.js';

const shared = process.env['FGAM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const coco = join(shared, 'data', 'coco-mini');
const recipe = fileURLToPath(new URL('../../recipes/coco-stage1.json', import.meta.url));

/** Missing data is a named skip; a failure where everything is required. */
const isAbsent = !existsSync(coco) && process.env['FGAM_REQUIRE_ALL'] !== '1';

test.skipIf(isAbsent)(
  'COCO photos: build, train stage 1, recall on photos held out (needs the shared data)',
  async () => {
    const folder = await temporary('coco');
    // The captions are found beside the instances.
    const instances = join(coco, 'annotations', 'instances_train2017.json');
    const shards = join(folder, 'coco-shards');
    const build = ['data', 'build', instances, '--from', 'coco', '--validation', '0.2'];
    expect(await fgam(...build, '--image-size', '64', '--out', shards)).toMatchObject({ code: 0 });
    const places = ['--data', shards, '--out', join(folder, 'run')];
    const trained = await fgamJson('train', 'stage1', '--config', recipe, ...places, '--steps', '2');
    expect(trained['loss']).toBeGreaterThan(0);
    const model = String(trained['model']);
    const { tokenizer } = await loadModel(model);
    expect(tokenizer.tokenId('person')).toBeDefined();
    const run = await fgam('bench', 'run', 'recall', '--model', model, '--data', shards, '--json');
    const result = JSON.parse(run.out) as Record<string, readonly { recall: number; chance: number }[]>;
    expect(result).toMatchObject({
      split: 'validation',
      images: 18,
      regions: 204,
      texts: 45,
      unknownTexts: 7,
    });
    expect(run.err).toContain('7 of 45 descriptions have words that the model does not know');
    for (const { recall, chance } of [...(result['regionToText'] ?? []), ...(result['textToRegion'] ?? [])]) {
      expect(recall).toBeGreaterThanOrEqual(0);
      expect(chance).toBeGreaterThan(0);
    }
  },
);

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FgamError } from '@fgam/data';
import { manifestFormat } from '../manifest-format.js';

/** What training data is exported of. */
export type ExportSource =
  | { readonly kind: 'trajectories'; readonly file: string }
  | { readonly kind: 'shards' | 'scenes'; readonly folder: string };

/** A kind of source. */
export type ExportSourceKind = ExportSource['kind'];

/**
 * What a path holds: a file of trajectories, a folder with `trajectories.jsonl`, shards (by their manifest), or scenes.
 *
 * @throws FgamError `data/missing-file` that says what was looked for
 */
export async function findExportSource(source: string): Promise<ExportSource> {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isFile()) return { kind: 'trajectories', file: source };
  const manifest = join(source, 'manifest.json');
  if (existsSync(manifest) && (await manifestFormat(manifest)) === 'fgam-shards')
    return { kind: 'shards', folder: source };
  const file = join(source, 'trajectories.jsonl');
  if (existsSync(file)) return { kind: 'trajectories', file };
  if (existsSync(join(source, 'questions.jsonl')) && existsSync(join(source, 'annotations')))
    return { kind: 'scenes', folder: source };
  throw new FgamError(
    'data/missing-file',
    `fgam export: expected a file of trajectories, a folder that holds trajectories.jsonl, shards or scenes, got ${source}, which is none; make one with fgam data trajectories or fgam data build`,
  );
}

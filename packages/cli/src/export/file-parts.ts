import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, notWritable, writeAtomic } from '@fgam/data';

/** Files by name, as an exporter of `@fgam/rectifier` gives them. */
export type Files = Readonly<Record<string, string>>;

/** What LLaMA-Factory reads beside its data: an object, where the other files are lists. */
const INFO = 'dataset_info.json';

interface OpenFile {
  readonly temporary: string;
  readonly handle: FileHandle;
}

/**
 * Files of one export that are written part by part, of which only the last part is held. They have their
 * names once all of them are whole.
 */
export interface FileParts {
  /** Adds what an exporter makes of some records. @throws FgamError `data/not-writable` */
  add(files: Files): Promise<void>;
  /** @returns their names in the exporter's order. @throws FgamError `data/not-writable` */
  finish(): Promise<string[]>;
  /** Removes what is not finished. */
  close(): Promise<void>;
}

/**
 * Lists of JSON, JSON Lines and `dataset_info.json` in parts: what comes out is, byte for byte, what the
 * exporter makes of all records at once.
 *
 * @param stem - what the names of the files begin with
 */
export function createFileParts(out: string, stem: string): FileParts {
  const files = new Map<string, OpenFile>();
  let info: Record<string, unknown> = {};

  async function fileOf(name: string): Promise<{ readonly file: OpenFile; readonly isNew: boolean }> {
    const known = files.get(name);
    if (known !== undefined) return { file: known, isNew: false };
    const temporary = join(out, `${name}.${randomUUID()}.partial`);
    try {
      await makeFolder(out);
      const file = { temporary, handle: await open(temporary, 'w') };
      files.set(name, file);
      return { file, isNew: true };
    } catch (error) {
      throw notWritable(temporary, error);
    }
  }

  async function append({ temporary, handle }: OpenFile, text: string): Promise<void> {
    await handle.appendFile(text).catch((error: unknown) => {
      throw notWritable(temporary, error);
    });
  }

  return {
    async add(part) {
      for (const [name, text] of Object.entries(part)) {
        if (name === INFO) {
          info = { ...info, ...(JSON.parse(text) as object) };
          continue;
        }
        const { file, isNew } = await fileOf(name);
        await append(file, name.endsWith('.jsonl') ? text : `${isNew ? '[\n' : ',\n'}${elementsOf(text)}`);
      }
    },
    async finish() {
      const names = inOrder([...files.keys()], stem);
      for (const [name, file] of files) {
        if (!name.endsWith('.jsonl')) await append(file, '\n]\n');
        await file.handle.close();
      }
      for (const [name, { temporary }] of files)
        await writeAtomic(join(out, name), (target) => rename(temporary, target));
      files.clear();
      const keys = inOrder(Object.keys(info), stem);
      if (keys.length === 0) return names;
      const all = Object.fromEntries(keys.map((key) => [key, info[key]]));
      await writeAtomic(join(out, INFO), `${JSON.stringify(all, undefined, 1)}\n`);
      return [...names, INFO];
    },
    async close() {
      for (const { temporary, handle } of files.values()) {
        await handle.close();
        await rm(temporary, { force: true });
      }
      files.clear();
    },
  };
}

/** What stands between a list's brackets. */
function elementsOf(list: string): string {
  return list.slice('[\n'.length, -'\n]\n'.length);
}

/** Answers, then feedback, then preferences, whichever part had the first of them. */
function inOrder(names: readonly string[], stem: string): string[] {
  const rank = (name: string): number => {
    const kind = name.slice(stem.length);
    return kind.startsWith('_rm') ? 1 : kind.startsWith('_preference') ? 2 : 0;
  };
  return names.toSorted((a, b) => rank(a) - rank(b));
}

import { type FileHandle, open } from 'node:fs/promises';

/** Characters that wait to be written together. */
const BLOCK = 1 << 16;

/** Writes a JSON array element by element: what `readJsonArray` reads again. Synced when it is closed. */
export class JsonArrayWriter {
  readonly #file: FileHandle;
  #waiting = '[';
  #isEmpty = true;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws Error of the file system */
  static async open(path: string): Promise<JsonArrayWriter> {
    return new JsonArrayWriter(await open(path, 'w'));
  }

  /** Adds an element. @throws Error of the file system */
  async add(element: unknown): Promise<void> {
    this.#waiting += `${this.#isEmpty ? '' : ','}\n${JSON.stringify(element)}`;
    this.#isEmpty = false;
    if (this.#waiting.length >= BLOCK) await this.#flush();
  }

  /** Ends the array. @throws Error of the file system */
  async finish(): Promise<void> {
    this.#waiting += '\n]\n';
    await this.#flush();
    await this.#file.sync();
  }

  /** Closes the file, whole or not. @throws Error of the file system */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = '';
    await this.#file.appendFile(text);
  }
}

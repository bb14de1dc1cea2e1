/** Options of every reader of annotated images. */
export interface ReaderOptions {
  /** Most records that may be left out. Default no limit. */
  readonly maxSkips?: number;
  /** Called after each checked image. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

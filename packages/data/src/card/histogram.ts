/** Counts of numbers between edges: below the first, from one edge to below the next, from the last on. */
export interface Histogram {
  readonly edges: readonly number[];
  /** One more than edges. */
  readonly counts: readonly number[];
}

/** Collects a histogram. */
export class HistogramCounter {
  readonly #edges: readonly number[];
  readonly #counts: number[];

  /** @param edges - ascending */
  constructor(edges: readonly number[]) {
    this.#edges = edges;
    this.#counts = new Array<number>(edges.length + 1).fill(0);
  }

  add(value: number): void {
    const first = this.#edges.findIndex((edge) => value < edge);
    const bin = first < 0 ? this.#edges.length : first;
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
  }

  get histogram(): Histogram {
    return { edges: this.#edges, counts: [...this.#counts] };
  }
}

/** The bins in words: `below 8`, `8 to below 16`, `16 and more`. */
export function binNames({ edges }: Histogram): string[] {
  const [first] = edges;
  if (first === undefined) return ['all'];
  const between = edges.slice(1).map((edge, i) => `${edges[i]} to below ${edge}`);
  return [`below ${first}`, ...between, `${edges.at(-1)} and more`];
}

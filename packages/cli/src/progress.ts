import { SingleBar } from 'cli-progress';

/** Shows how far long work has come. */
export interface Progress {
  /** Sets the count done, with an optional note such as the current loss. */
  update(done: number, note?: string): void;
  /** Ends the line. */
  stop(): void;
}

/** Seconds between two lines where the output is not a terminal. */
const LINE_INTERVAL = 10;

/** Goes up to the line that has been ended, and clears it. */
const ERASE_LINE = '\u001B[1A\u001B[2K';

/** `75 s` or `2 min 05 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/**
 * A bar with rate and remaining time on a terminal, a line every ten seconds elsewhere; always on standard
 * error, so that standard output stays the command's result. Work that did nothing, as it was done already or
 * was refused, leaves no line.
 */
export function createProgress(label: string, total: number, start = 0): Progress {
  return process.stderr.isTTY ? terminalProgress(label, total, start) : lineProgress(label, total, start);
}

/** Does work under a progress bar, which ends with it, whatever comes of it. */
export async function withProgress<Result>(
  label: string,
  total: number,
  work: (onProgress: (done: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = createProgress(label, total);
  try {
    return await work((done) => progress.update(done));
  } finally {
    progress.stop();
  }
}

function terminalProgress(label: string, total: number, start: number): Progress {
  const bar = new SingleBar({
    format: `${label.padEnd(24)} {bar} {percentage}% | {value}/{total} | {rate}/s | ETA {eta_formatted} {note}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    etaBuffer: 50,
  });
  const begun = Date.now();
  let latest = start;
  bar.start(total, start, { rate: '-', note: '' });
  return {
    update: (done, note = '') => {
      latest = done;
      bar.update(done, { rate: rateOf(done - start, begun), note });
    },
    stop: () => {
      bar.stop();
      if (latest === start) process.stderr.write(ERASE_LINE);
    },
  };
}

function lineProgress(label: string, total: number, start: number): Progress {
  const begun = Date.now();
  let shown = begun;
  let last = '';
  const print = (done: number, note: string) => {
    const rate = (done - start) / Math.max(1e-3, (Date.now() - begun) / 1000);
    const eta = done < total && rate > 0 ? `, ${formatSeconds((total - done) / rate)} left` : '';
    last = `${label}: ${done}/${total} (${rateOf(done - start, begun)}/s${eta}) ${note}`.trimEnd();
    process.stderr.write(`${last}\n`);
  };
  let latest = { done: start, note: '' };
  return {
    update: (done, note = '') => {
      latest = { done, note };
      if (Date.now() - shown < LINE_INTERVAL * 1000) return;
      shown = Date.now();
      print(done, note);
    },
    stop: () => {
      if (latest.done > start) print(latest.done, latest.note);
    },
  };
}

function rateOf(count: number, begun: number): string {
  const rate = count / Math.max(1e-3, (Date.now() - begun) / 1000);
  return rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

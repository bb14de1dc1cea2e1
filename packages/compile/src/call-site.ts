import { fileURLToPath } from 'node:url';

/** Frames of this package, but not of its tests, which are programs too. */
const OWN = fileURLToPath(new URL('.', import.meta.url));
const TEST = /\.test(-support)?\.[cm]?[jt]s$/;

function isProgram(file: string): boolean {
  if (file.startsWith('node:') || file.includes('<anonymous>') || /[\\/]@tensorflow[\\/]/.test(file))
    return false;
  return !file.startsWith(OWN) || TEST.test(file);
}

/**
 * Where the program called tfjs: the innermost frame of a stack that is neither tfjs's nor this package's.
 *
 * @param stack - an error's stack, long enough to reach the program
 * @returns file and line, or undefined where no frame is the program's (a bundle of all three)
 */
export function callSite(stack: string | undefined): string | undefined {
  for (const line of (stack ?? '').split('\n')) {
    const frame = /^\s*at (?:.*\()?([^()]+):(\d+):\d+\)?$/.exec(line);
    const [, place, row] = frame ?? [];
    if (place === undefined || row === undefined) continue;
    const file = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (isProgram(file)) return `${file}:${row}`;
  }
  return undefined;
}

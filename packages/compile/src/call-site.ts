import { fileURLToPath } from 'node:url';

/** Frames of this package, also by the sources that its maps name, but not of its tests, which are programs too. */
const OWN = ['.', '../src/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const TEST = /\.test(-support)?\.[cm]?[jt]s$/;
/** Frames of tfjs's packages, also by the sources that their maps name, which lie outside the scope's folder. */
const TFJS = /[\\/](@tensorflow|tfjs-(core|layers|converter|data|node|node-gpu|backend-[a-z]+)[\\/]src)[\\/]/;

function isProgram(file: string): boolean {
  if (file.startsWith('node:') || file.includes('<anonymous>') || TFJS.test(file)) return false;
  return !OWN.some((folder) => file.startsWith(folder)) || TEST.test(file);
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

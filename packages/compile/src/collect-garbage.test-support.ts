import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects what nothing refers to: without it, that would count as held. */
export const collectGarbage = runInNewContext('gc') as () => void;

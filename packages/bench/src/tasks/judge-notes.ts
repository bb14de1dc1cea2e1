import { createHash } from 'node:crypto';
import type { Judge } from '@fgam/data';

/** What a reader of a judge's number must know: who judged, by which prompt. */
export function judgeNotes(judge: Judge, version: string, given: string | undefined): string[] {
  const prompt =
    given === undefined
      ? `this project's own prompt ${version}: not to be compared with numbers by the official prompt`
      : `a given prompt (SHA-256 ${createHash('sha256').update(given).digest('hex')})`;
  return [`judged by ${judge.name}`, `judged by ${prompt}`];
}

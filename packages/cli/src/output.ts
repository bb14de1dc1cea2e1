import { isFgamError } from '@fgam/data';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly seed: number;
}

let isSilent = false;

/** Leaves it to another process to say and print what there is, but for errors to people. */
export function silence(): void {
  isSilent = true;
}

/** Writes a command's result: one JSON object for machines, the text for people. */
export function printResult(options: CommonOptions, result: object, text: string): void {
  if (isSilent) return;
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${text}\n`);
}

/** Writes what is going on, for people, to standard error. */
export function say(text: string): void {
  if (isSilent) return;
  process.stderr.write(`${text}\n`);
}

/** Shows an error: the message alone when it is one of ours, the stack too when it is a fault of the program. */
export function printError(error: unknown, json: boolean): void {
  const known = isFgamError(error);
  const message =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  if (json && !isSilent)
    process.stdout.write(
      `${JSON.stringify({ error: { code: known ? error.code : 'fgam/internal', message } })}\n`,
    );
  process.stderr.write(`fgam: ${message}\n`);
}

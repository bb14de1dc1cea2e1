import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { figureSchema } from './figure.js';
import type { PackageRun } from './stored-run.js';

const output = z.looseObject({ figures: z.array(figureSchema).min(1) });

/** Of what a benchmark that fails has said. */
const LAST_LINES = 40;

/** A package with a benchmark. */
export interface BenchedPackage {
  readonly name: string;
  readonly folder: string;
}

/** Options of {@link runPackage}. */
export interface RunOptions {
  readonly quick: boolean;
  /** Takes the last lines of what a benchmark that failed said. */
  readonly onFault?: (said: string) => void;
}

/** Runs a package's own `npm run bench` in a process of its own; a failure is part of what is given back. */
export async function runPackage(
  { name, folder }: BenchedPackage,
  { quick, onFault = () => undefined }: RunOptions,
): Promise<PackageRun> {
  const temporary = await mkdtemp(join(tmpdir(), 'fgam-bench-run-'));
  const out = join(temporary, 'figures.json');
  const [load = 0] = loadavg();
  const start = performance.now();
  try {
    const args = ['run', '--silent', 'bench', '--', '--out', out, ...(quick ? ['--quick'] : [])];
    const { code, said } = await runCommand('npm', args, folder);
    const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
    const begun = { package: name, seconds, load: Number(load.toFixed(2)) };
    if (code !== 0) {
      onFault(said);
      return { ...begun, figures: [], fault: `ended with ${code ?? 'a signal'}: ${faultOf(said)}` };
    }
    const written = await readFile(out, 'utf8').catch(() => undefined);
    const parsed = output.safeParse(written === undefined ? undefined : JSON.parse(written));
    if (parsed.success) return { ...begun, figures: parsed.data.figures };
    return { ...begun, figures: [], fault: `wrote no figures: ${z.prettifyError(parsed.error)}` };
  } finally {
    await rm(temporary, { recursive: true });
  }
}

/** Runs a command without its standard output; gives the last lines of what it said otherwise. */
async function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; said: string }> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).split('\n').slice(-LAST_LINES).join('\n');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** The line that names the error, in what Node prints for one. */
function faultOf(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'nothing said';
}

import { CAPTURED_KERNELS } from '../src/capture.js';
import { NOT_CAPTURED } from '../src/not-captured.js';

/** Where the README's generated part begins and ends. */
const BEGIN = '<!-- kernels: begin (npm run readme -w @fgam/compile) -->';
const END = '<!-- kernels: end -->';

const WIDTH = 110;

/** Names in lines of limited length. */
function wrapped(names: readonly string[]): string {
  const lines = [''];
  for (const name of names.map((one) => `\`${one}\``)) {
    const line = lines.at(-1) as string;
    if (line.length + name.length + 2 > WIDTH) lines.push(name);
    else lines[lines.length - 1] = line === '' ? name : `${line} ${name}`;
  }
  return lines.join('\n');
}

/** A row for each reason and remedy, with the kernels that share them. */
function refusals(): string {
  const rows = new Map<string, string[]>();
  for (const [kernel, { reason, remedy }] of Object.entries(NOT_CAPTURED)) {
    const row = `${reason} | ${remedy}`;
    rows.set(row, [...(rows.get(row) ?? []), `\`${kernel}\``]);
  }
  const table = [...rows].map(([row, kernels]) => `| ${kernels.join(' ')} | ${row} |`);
  return ['| not captured | why | instead |', '| --- | --- | --- |', ...table].join('\n');
}

/** The README with its lists of kernels as the code has them. */
export function withKernelLists(readme: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md: expected "${BEGIN}" and "${END}"`);
  const count = CAPTURED_KERNELS.length;
  const total = count + Object.keys(NOT_CAPTURED).length;
  const lists = `${count} of the ${total} kernels of tfjs are captured:\n\n${wrapped(CAPTURED_KERNELS)}\n\n${refusals()}`;
  return `${readme.slice(0, begin)}${BEGIN}\n\n${lists}\n\n${readme.slice(end)}`;
}

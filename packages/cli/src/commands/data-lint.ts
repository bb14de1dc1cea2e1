import { type LintFinding, lintSample, readShards } from '@fgam/data';
import type { Command } from 'commander';
import { type CommonOptions, printResult } from '../output.js';

/** Findings that are shown as text; all of them are in the JSON. */
const SHOWN = 20;

/** `fgam data lint`: texts of a shard folder that its boxes contradict. */
export function addDataLintCommand(data: Command): void {
  data
    .command('lint')
    .description('captions and descriptions that contradict the boxes: positions, relations, counts')
    .argument('<folder>', 'folder of shards')
    .action(lint);
}

async function lint(folder: string, options: CommonOptions): Promise<void> {
  const findings: LintFinding[] = [];
  let texts = 0;
  for await (const { sample } of readShards(folder)) {
    texts += sample.regions.length + (sample.caption === undefined ? 0 : 1);
    findings.push(...lintSample(sample));
  }
  const lines = findings.slice(0, SHOWN).map(({ sample, region, kind, claim, evidence }) => {
    const place = region === undefined ? 'caption' : `region ${region}`;
    return `${sample}, ${place}: ${kind}: "${claim}": ${evidence}`;
  });
  const rest = findings.length > SHOWN ? [`and ${findings.length - SHOWN} more (--json lists all)`] : [];
  const noun = findings.length === 1 ? 'contradiction' : 'contradictions';
  const summary = `${findings.length} ${noun} in ${texts} texts`;
  printResult(options, { folder, texts, findings }, [...lines, ...rest, summary].join('\n'));
}

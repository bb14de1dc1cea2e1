import Table from 'cli-table3';
import type { PlanReport } from './plan-report.js';

/** A plan for people. */
export function planText(
  model: string,
  asked: {
    readonly rank?: number;
    readonly batch: number;
    readonly tokens: number;
    readonly recompute: boolean;
  },
  { parameters, flops, nodes, memory, gpu }: PlanReport,
): string {
  const { rank, batch, tokens, recompute } = asked;
  const table = new Table({ head: ['memory', 'GB'], style: { head: [], border: [] } });
  const rows: [string, number][] = [
    ...Object.entries(memory.weights).map(([type, bytes]): [string, number] => [
      `frozen weights, ${type}`,
      bytes,
    ]),
    [rank === undefined ? 'trained weights' : 'adapter', memory.trained],
    ['optimizer', memory.optimizer],
    ['inputs', memory.inputs],
    ['gradients', memory.gradients],
    ['weights widened to float32', memory.widened],
    ['activations', memory.activations],
    ["the allocator's waste", memory.waste],
    ["onnxruntime's graph", memory.runtime],
    ['peak', memory.peak],
  ];
  for (const [name, bytes] of rows) table.push([name, (bytes / 1e9).toFixed(3)]);
  const what = rank === undefined ? 'all weights trained' : `adapter of rank ${rank}`;
  const how = recompute ? ', layers computed again' : '';
  return [
    `${model}: ${what}, ${batch} x ${tokens} tokens${how}`,
    `${parameters.total} parameters, ${parameters.trained} trained; ${(flops / 1e12).toFixed(2)} TFLOP an update in ${nodes} nodes`,
    table.toString(),
    `80 GB GPU: ${gpu.fits ? 'fits' : 'does not fit'}; largest batch that does: ${gpu.largestBatch}`,
    "By the graph of the update, without the runtime's code and Node.js itself; no GPU was measured.",
  ].join('\n');
}

import { toSvg } from './plots.js';

/** Colour and shape of each system, and the shape as a letter for the key. */
export const ROUND_MARKS = [
  { colour: '#6c8794', shape: 'circle', sign: '●' },
  { colour: '#e0792b', shape: 'square', sign: '■' },
  { colour: '#2f9e6e', shape: 'triangle-up', sign: '▲' },
  { colour: '#b667c9', shape: 'diamond', sign: '◆' },
  { colour: '#c9a227', shape: 'triangle-down', sign: '▼' },
  { colour: '#2f7fd1', shape: 'cross', sign: '✚' },
  { colour: '#d1495b', shape: 'triangle-right', sign: '▶' },
  { colour: '#3aa6b9', shape: 'triangle-left', sign: '◀' },
  { colour: '#8d6e4f', shape: 'arrow', sign: '➤' },
] as const;

/** A system's value after a round. */
export interface RoundPoint {
  readonly system: string;
  readonly round: number;
  readonly value: number;
}

/**
 * A metric against the round, a line a system, as SVG text. Without intervals, which would lie over each
 * other: the numbers stand in a table.
 */
export function plotRounds(systems: readonly string[], points: readonly RoundPoint[]): Promise<string> {
  const names = [...new Set(systems)];
  const marks = names.map((_, place) => ROUND_MARKS[place % ROUND_MARKS.length] ?? ROUND_MARKS[0]);
  const colour = {
    field: 'system',
    type: 'nominal',
    scale: { domain: names, range: marks.map((mark) => mark.colour) },
    legend: null,
  } as const;
  const x = {
    field: 'round',
    type: 'ordinal',
    title: 'rounds',
    scale: { padding: 0.2 },
    axis: { labelAngle: 0 },
  } as const;
  const y = {
    field: 'value',
    type: 'quantitative',
    title: null,
    scale: { zero: false, nice: true },
    axis: { tickCount: 5 },
  } as const;
  return toSvg({
    data: { values: [...points] },
    width: 300,
    height: 180,
    layer: [
      { mark: { type: 'line', strokeWidth: 1.6 }, encoding: { x, y, color: colour } },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 60 },
        encoding: {
          ...{ x, y, color: colour },
          shape: {
            field: 'system',
            type: 'nominal',
            scale: { domain: names, range: marks.map(({ shape }) => shape) },
            legend: null,
          },
        },
      },
    ],
  });
}

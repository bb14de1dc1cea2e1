import type { Coordinates } from './coordinates.js';

/**
 * Where a coordinate outside an axis is read, as TensorFlow's image transforms have it: nowhere (`constant`),
 * at the border (`nearest`), in the mirrored image (`reflect`) or in the repeated one (`wrap`).
 */
export function fillModes(
  { number, of }: Coordinates,
  mode: 'constant' | 'reflect' | 'wrap' | 'nearest',
): (at: string, length: number) => string {
  const clamped = (at: string, length: number) => of('Min', of('Max', at, number(0)), number(length - 1));
  const wholes = (at: string, length: number) => of('Floor', of('Div', at, number(length)));
  const choose = (at: string, length: number, below: string, above: string) => {
    const inner = of('Where', of('Greater', at, number(length - 1)), above, at);
    return clamped(of('Where', of('Less', at, number(0)), below, inner), length);
  };
  switch (mode) {
    case 'constant':
      return (at) => at;
    case 'nearest':
      return clamped;
    case 'wrap':
      return (at, length) => {
        if (length <= 1) return clamped(at, length);
        const turns = of('Add', wholes(of('Neg', at), length - 1), number(1));
        const below = of('Add', at, of('Mul', number(length), turns));
        const above = of('Sub', at, of('Mul', number(length), wholes(at, length - 1)));
        return choose(at, length, below, above);
      };
    case 'reflect':
      return (at, length) => {
        if (length <= 1) return clamped(at, length);
        const period = 2 * length;
        const near = of('Add', of('Mul', number(period), wholes(of('Neg', at), period)), at);
        const mirrored = of('Sub', of('Neg', near), number(1));
        const below = of(
          'Where',
          of('Less', near, number(-length)),
          of('Add', near, number(period)),
          mirrored,
        );
        const rest = of('Sub', at, of('Mul', number(period), wholes(at, period)));
        const back = of('Sub', of('Sub', number(period), rest), number(1));
        const above = of('Where', of('GreaterOrEqual', rest, number(length)), back, rest);
        return choose(at, length, below, above);
      };
  }
}

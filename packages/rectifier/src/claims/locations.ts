import { type BoxUnit, boxCentre } from '@fgam/data';

/** Places of a 3 x 3 grid in words, row by row. */
export const LOCATIONS = [
  'top left',
  'top',
  'top right',
  'left',
  'centre',
  'right',
  'bottom left',
  'bottom',
  'bottom right',
] as const;

/** A place of {@link LOCATIONS}. */
export type Location = (typeof LOCATIONS)[number];

/** One of `LOCATIONS`, as a pattern; American spelling of the centre too. The longest come first. */
export const LOCATION_PATTERN = [...LOCATIONS, 'center'].sort((a, b) => b.length - a.length).join('|');

/** The place that words of `LOCATION_PATTERN` name. */
export function toLocation(words: string): string {
  return words === 'center' ? 'centre' : words;
}

/** The place of a box's centre in words. */
export function locationOfBox(box: BoxUnit): Location {
  const { x, y } = boxCentre(box);
  const third = (value: number): number => Math.min(2, Math.floor(value * 3));
  return LOCATIONS[third(y) * 3 + third(x)] ?? 'centre';
}

/** True if a box's centre lies in a place, or within `slack` (a fraction of the image) of it. */
export function isAtLocation(box: BoxUnit, location: string, slack: number): boolean {
  const { x, y } = boxCentre(box);
  const index = LOCATIONS.findIndex((each) => each === location);
  const [row, column] = [Math.floor(index / 3), index % 3];
  const within = (value: number, cell: number) => value >= cell / 3 - slack && value < (cell + 1) / 3 + slack;
  return index >= 0 && within(x, column) && within(y, row);
}

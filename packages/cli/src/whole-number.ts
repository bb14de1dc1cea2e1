import { InvalidArgumentError } from 'commander';

/** Reads an option that is a whole number. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('expected a whole number');
  return value;
}

/** Reads an option that is a whole number from 1. */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

/** Reads an option that is a number. */
export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** Reads an option that is a list of some names, such as `train,val`. */
export function namesOf<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((part) => {
      const name = names.find((known) => known === part.trim());
      if (name === undefined)
        throw new InvalidArgumentError(`expected some of ${names.join(', ')}, with commas between`);
      return name;
    });
}

/** Reads an option that is a share: a number from 0 to below 1. */
export function shareBelowOne(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1))
    throw new InvalidArgumentError('expected a number from 0 to below 1');
  return value;
}

/** Reads an option that is a share: a number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('expected a number from 0 to 1');
  return value;
}

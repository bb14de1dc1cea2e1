import { InvalidArgumentError } from 'commander';

/** Reads an option that is an integer, such as a seed. */
export function integer(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('expected an integer');
  return value;
}

/** Reads an option that is a whole number from 0. */
export function wholeNumber(text: string): number {
  const value = integer(text);
  if (value < 0) throw new InvalidArgumentError('expected a whole number from 0');
  return value;
}

/** Reads an option that is a whole number from 1. */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

/** Reads an option that is a port, or 0 for any that is free. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('expected a whole number from 0 to 65535');
  return port;
}

/** Reads an option that is a number. */
export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** Reads an option that is a number from 0, such as a temperature. */
export function decimalFromZero(text: string): number {
  const value = decimal(text);
  if (value < 0) throw new InvalidArgumentError('expected a number from 0');
  return value;
}

/** Reads an option that is a number above 0. */
export function positiveDecimal(text: string): number {
  const value = decimal(text);
  if (value <= 0) throw new InvalidArgumentError('expected a number above 0');
  return value;
}

/** Reads an option that is a list of some names, each once, such as `train,val`. */
export function namesOf<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const found = text.split(',').map((part) => {
      const name = names.find((known) => known === part.trim());
      if (name === undefined)
        throw new InvalidArgumentError(`expected some of ${names.join(', ')}, with commas between`);
      return name;
    });
    if (new Set(found).size !== found.length) throw new InvalidArgumentError('expected each name once');
    return found;
  };
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

import { FgamError } from '@fgam/data';
import { type FamilyModel, MODEL_PARTS } from '@fgam/models';
import type { TrainConfig } from './train-config.js';

/**
 * Which weights of a checkpoint are read into memory to be trained; the others stay in its files.
 * Under an adapter none is.
 *
 * @throws FgamError `fgam/bad-config`, at the first weight, for parts that the model does not
 * have, or where all are frozen
 */
export function trainingWeights({
  model,
  adapter,
  frozen = [],
}: Pick<TrainConfig, 'model' | 'adapter' | 'frozen'>): (name: string, family: FamilyModel) => boolean {
  if (adapter !== undefined) return () => false;
  return (name, { parts, isRead, modelType }) => {
    const own = MODEL_PARTS.filter((part) => parts[part] !== undefined);
    const unknown = frozen.filter((part) => !own.includes(part));
    if (unknown.length > 0 || own.every((part) => frozen.includes(part)))
      throw new FgamError<'fgam/bad-config'>(
        'fgam/bad-config',
        `${model}: frozen: expected some of ${own.join(', ')}, the parts of ${modelType}, got ${frozen.join(', ')}`,
      );
    const isFrozen = frozen.some((part) => parts[part]?.some((prefix) => name.startsWith(prefix)));
    return !isFrozen && isRead(name);
  };
}

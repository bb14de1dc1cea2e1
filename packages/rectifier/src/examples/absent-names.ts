import { namesSeveral, type PhotoFacts, pluralOf } from '@fgam/data';

/** Those of some names of things that an image certainly lacks: neither its regions nor its texts have them. */
export function absentNames(
  { byName, isIncomplete, said }: PhotoFacts,
  names: readonly string[],
): readonly string[] {
  const isSaid = (name: string) => said.includes(` ${name} `) || said.includes(` ${pluralOf(name)} `);
  return names.filter(
    (name) => !byName.has(name) && !isIncomplete(name) && !isSaid(name) && !namesSeveral(name),
  );
}

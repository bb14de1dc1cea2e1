import { articleFor, RELATION_PHRASES, type RegionSample, relationBetween, type Relation } from '@fgam/data';

/** `there is a red circle`, `there is no red circle`. */
export function existencePhrase(subject: string, exists: boolean): string {
  return `there is ${exists ? articleFor(subject) : 'no'} ${subject}`;
}

/** `there is no further red circle`: more of a kind are said than there are. */
export function noFurtherPhrase(subject: string): string {
  return `there is no further ${subject}`;
}

interface Related {
  readonly subject: string;
  readonly relation: Relation;
  readonly object: string;
}

/** `the red circle is left of the blue square`, or `... is not ...`. */
export function statedRelation({ subject, relation, object }: Related, holds = true): string {
  return `the ${subject} is ${holds ? '' : 'not '}${RELATION_PHRASES[relation]} the ${object}`;
}

/** The true relation: the one asked for if it holds; else the one that the sample's boxes have, or a denial. */
export function relationPhrase(asked: Related, holds: boolean, sample: RegionSample | undefined): string {
  if (holds || !sample) return statedRelation(asked, holds);
  const only = (label: string) => {
    const found = sample.regions.filter((region) => region.label === label);
    return found.length === 1 ? found[0] : undefined;
  };
  const [a, b] = [only(asked.subject), only(asked.object)];
  const relation = a && b && relationBetween(a.box, b.box, sample);
  return relation && relation !== asked.relation
    ? statedRelation({ ...asked, relation })
    : statedRelation(asked, false);
}

/** `2 shapes are left of the red circle`. */
export function countPhrase(
  count: number,
  { relation, reference }: { readonly relation: Relation; readonly reference: string },
): string {
  return `${count} ${count === 1 ? 'shape is' : 'shapes are'} ${RELATION_PHRASES[relation]} the ${reference}`;
}

/** `the red circle is small`. */
export function attributePhrase(subject: string, value: string): string {
  return `the ${subject} is ${value}`;
}

/** `the nearest shape is blue`. */
export function nearestPhrase(value: string): string {
  return `the nearest shape is ${value}`;
}

/** `there is a red circle at the top`, of a caption's clause. */
export function clausePhrase(clause: string): string {
  return `there is ${clause}`;
}

/** `there is a red circle at the top`. */
export function contentsPhrase(contents: string, location: string): string {
  return clausePhrase(`${contents} at the ${location}`);
}

/** `the red circle is at the top left`, or at the tokens of a box. */
export function placePhrase(subject: string, place: string): string {
  return `the ${subject} is at ${place}`;
}

import type { AnnotatedRelation, RegionSample } from '../records.js';
import { RELATION_PHRASES } from '../relation.js';
import { oppositePredicate, plainPredicate } from './predicates.js';

/**
 * All that a source says of how an image's regions lie, by our relations or in words of its own; predicates
 * are plain (`left of`, `in front of`).
 */
export function annotatedTriples({ relations, annotatedRelations }: RegionSample): AnnotatedRelation[] {
  return [
    ...(relations ?? []).map(({ subject, relation, object }) => ({
      subject,
      predicate: RELATION_PHRASES[relation],
      object,
    })),
    ...(annotatedRelations ?? []).map((triple) => ({
      ...triple,
      predicate: plainPredicate(triple.predicate),
    })),
  ];
}

/** Whether a source contradicts a triple: by its opposite, or by the same said the other way round. */
export function isContradicted(
  { subject, predicate, object }: AnnotatedRelation,
  triples: readonly AnnotatedRelation[],
): boolean {
  const opposite = oppositePredicate(predicate);
  return triples.some(
    (other) =>
      (other.subject === subject && other.object === object && other.predicate === opposite) ||
      (other.subject === object && other.object === subject && other.predicate === predicate),
  );
}

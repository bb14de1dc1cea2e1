import { boxUnitFromPixels } from './box.js';
import { incompleteLabels } from './incomplete-labels.js';
import type { RowsOfPicture } from './picture-rows.js';
import type { AnnotatedRelation, BoxUnit, Region, RegionSample, RelationTriple } from './records.js';
import { NUMBERS_A_BOX } from './visual-genome-entries.js';
import type { VisualGenomePicture } from './visual-genome-images.js';
import { relationOfPredicate } from './curated/predicates.js';
import { withArticle } from './with-article.js';

/** Rows of one picture, checked; undefined where there is no such file. */
export interface VisualGenomeRows {
  /** Id, x, y, width, height; phrase. */
  readonly regions: RowsOfPicture | undefined;
  /** Id, x, y, width, height; name. */
  readonly objects: RowsOfPicture | undefined;
  /** Row of the object; attribute. */
  readonly attributes: RowsOfPicture | undefined;
  /** Rows of subject and object; predicate. */
  readonly relationships: RowsOfPicture | undefined;
  /** Names of objects that were left out. */
  readonly leftOut: ReadonlySet<string | undefined> | undefined;
  readonly tolerance: number | undefined;
}

/** Makes a picture's sample: first the regions with a phrase, then the objects. */
export function visualGenomeSample(picture: VisualGenomePicture, rows: VisualGenomeRows): RegionSample {
  const { regions, objects, attributes, relationships } = rows;
  const attributesOf = attributesByRow(attributes);
  const boxAt = ({ numbers }: RowsOfPicture, row: number) => boxOf(numbers, row, picture, rows.tolerance);
  const described = regions?.texts.map((phrase, row): Region => {
    const id = `region-${regions.numbers[row * NUMBERS_A_BOX]}`;
    return { id, box: boxAt(regions, row), label: phrase, description: phrase, source: 'visual-genome' };
  });
  const named = objects?.texts.map((name, row): Region => {
    const said = attributesOf.get(row);
    const [first] = said ?? [];
    return {
      id: objectId(objects, row),
      box: boxAt(objects, row),
      label: name,
      description: withArticle(first === undefined ? name : `${first} ${name}`),
      ...(said === undefined ? {} : { attributes: [...said] }),
      source: 'visual-genome',
    };
  });
  return {
    id: String(picture.id),
    image: picture.path,
    ...picture.size,
    regions: [...(described ?? []), ...(named ?? [])],
    ...(objects && relationships ? relationsOf(objects, relationships) : {}),
    ...incompleteLabels(rows.leftOut),
  };
}

function objectId({ numbers }: RowsOfPicture, row: number): string {
  return `object-${numbers[row * NUMBERS_A_BOX]}`;
}

function boxOf(
  numbers: readonly number[],
  row: number,
  { size }: VisualGenomePicture,
  tolerance: number | undefined,
): BoxUnit {
  const [x = 0, y = 0, width = 0, height = 0] = numbers.slice(
    row * NUMBERS_A_BOX + 1,
    (row + 1) * NUMBERS_A_BOX,
  );
  return boxUnitFromPixels({ x, y, width, height }, size, tolerance === undefined ? {} : { tolerance });
}

function attributesByRow(attributes: RowsOfPicture | undefined): ReadonlyMap<number, ReadonlySet<string>> {
  const byRow = new Map<number, Set<string>>();
  for (const [index, attribute] of attributes?.texts.entries() ?? []) {
    const row = attributes?.numbers[index] as number;
    const former = byRow.get(row);
    if (former) former.add(attribute);
    else byRow.set(row, new Set([attribute]));
  }
  return byRow;
}

function relationsOf(
  objects: RowsOfPicture,
  { numbers, texts }: RowsOfPicture,
): Required<Pick<RegionSample, 'relations' | 'annotatedRelations'>> {
  const relations: RelationTriple[] = [];
  const annotatedRelations: AnnotatedRelation[] = [];
  for (const [index, predicate] of texts.entries()) {
    const subject = objectId(objects, numbers[index * 2] as number);
    const object = objectId(objects, numbers[index * 2 + 1] as number);
    const relation = relationOfPredicate(predicate);
    if (relation) relations.push({ subject, relation, object });
    else annotatedRelations.push({ subject, predicate, object });
  }
  return { relations, annotatedRelations };
}

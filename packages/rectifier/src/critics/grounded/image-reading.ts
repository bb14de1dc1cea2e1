import { type BoxUnit, type ImageSize, iou } from '@fgam/data';
import type { NounPhrase } from '../../claims/noun-phrase.js';
import { type Ontology, valuesOf } from '../../claims/ontology.js';
import { suppress } from './suppress.js';

/** Where a phrase is seen, and how surely. */
export interface Grounding {
  readonly box: BoxUnit;
  /** The candidate box that the box was refined from. */
  readonly index: number;
  /** Evidence, 0..1. */
  readonly score: number;
}

/** What an object is taken to be. */
export interface SeenObject extends Grounding {
  /** Its noun and, where the ontology has them, the most probable value of each attribute. */
  readonly subject: NounPhrase;
}

/** Candidates that overlap the best one this much, and score nearly as well, are averaged into the box. */
const VOTE_IOU = 0.5;
const VOTE_SHARE = 0.8;

/** What a detector said of a candidate box: a noun, or a noun and a colour, and how surely. */
export interface DetectedKind {
  readonly kind: NounPhrase;
  /** 0..1 */
  readonly score: number;
}

/** Detections that overlap this much speak of the same object: a small one on a large one may share a third. */
const SAME_OBJECT_IOU = 0.5;
/** Candidates, which are coarse: those of two objects overlap less, and those of one by this much. */
const CANDIDATE_IOU = { apart: 0.3, same: 0.35 };
/**
 * What a kind is worth that the detector did not name where it named others: similarity
 * alone can hardly overrule it.
 */
const UNDETECTED = 0.01;

/**
 * What is seen in one image: for each candidate box the probability of each description, softmax_t(s
 * cos(box, t)), and the cosines.
 *
 * Evidence of a phrase at a box is p(phrase | box) e(box, phrase), where e tells an object from empty ground.
 * Without a detector e is max(0, cos). With one, boxes are its detections, e is the highest score among those
 * that overlap the box, and p is a product of experts: softmax_t(s cos(box, t)) w(kind of t), normalised,
 * where w is the score of the kind among these detections.
 */
export class ImageReading {
  readonly size: ImageSize;
  readonly boxes: readonly BoxUnit[];
  /** Whether a detector gave the boxes. Candidates are coarse: they overlap where objects do not. */
  readonly isDetected: boolean;
  readonly #subjects: readonly NounPhrase[];
  readonly #ontology: Ontology;
  readonly #cosines: readonly (readonly number[])[];
  readonly #probabilities: readonly (readonly number[])[];
  /** Of each box, how surely an object is there; undefined without a detector. */
  readonly #presence: readonly number[] | undefined;

  /**
   * @param parts - `subjects`: all descriptions of the ontology, T; `cosines`: [boxes, T], each box with
   * texts of its own place; `detected`: one entry a box, where a detector gave the boxes
   */
  constructor(parts: {
    readonly size: ImageSize;
    readonly boxes: readonly BoxUnit[];
    readonly subjects: readonly NounPhrase[];
    readonly ontology: Ontology;
    readonly cosines: readonly (readonly number[])[];
    readonly logitScale: number;
    readonly detected?: readonly DetectedKind[];
  }) {
    this.size = parts.size;
    this.boxes = parts.boxes;
    this.#subjects = parts.subjects;
    this.#ontology = parts.ontology;
    this.#cosines = parts.cosines;
    const similar = parts.cosines.map((row) => softmax(row, parts.logitScale));
    const { boxes, detected } = parts;
    this.isDetected = detected !== undefined;
    if (detected === undefined) {
      this.#probabilities = similar;
      return;
    }
    const around = boxes.map((box) =>
      detected.filter((_, other) => iou(box, boxes[other] as BoxUnit) >= SAME_OBJECT_IOU),
    );
    this.#presence = around.map((near) => Math.max(0, ...near.map(({ score }) => score)));
    this.#probabilities = similar.map((row, box) => {
      const near = around[box] ?? [];
      const weights = parts.subjects.map((subject) => weightOf(subject, near));
      return normalised(row.map((p, t) => p * (weights[t] ?? UNDETECTED)));
    });
  }

  /** True if the ontology can tell the phrase: evidence says something about it. */
  knows(phrase: NounPhrase): boolean {
    return this.#matching(phrase).length > 0;
  }

  /** Evidence of a phrase at each box. */
  evidence(phrase: NounPhrase): number[] {
    const columns = this.#matching(phrase);
    const presence = this.#presence;
    if (presence !== undefined)
      return this.boxes.map((_, box) => this.#sum(box, columns) * (presence[box] ?? 0));
    return this.boxes.map((_, box) => {
      const row = this.#cosines[box] ?? [];
      // The inner loop of all reading: no copies.
      let similarity = 0;
      for (const t of columns) similarity = Math.max(similarity, row[t] ?? 0);
      return this.#sum(box, columns) * Math.min(1, similarity);
    });
  }

  /** The best box of a phrase, refined by its neighbours' votes; undefined if no box is allowed. */
  ground(phrase: NounPhrase, allows: (box: BoxUnit) => boolean = () => true): Grounding | undefined {
    const evidence = this.evidence(phrase);
    let best = -1;
    for (const [index, box] of this.boxes.entries())
      if (allows(box) && (best < 0 || (evidence[index] ?? 0) > (evidence[best] ?? 0))) best = index;
    const box = this.boxes[best];
    return (
      box && {
        box: this.#refine(box, evidence[best] ?? 0, evidence),
        index: best,
        score: evidence[best] ?? 0,
      }
    );
  }

  /** p(value | box, phrase) of an attribute's values, most probable first. */
  values(
    index: number,
    phrase: NounPhrase,
    attribute: string,
  ): { readonly value: string; readonly probability: number }[] {
    const others = Object.entries(phrase.attributes).filter(([name]) => name !== attribute);
    const columns = this.#matching({ ...phrase, attributes: Object.fromEntries(others) });
    const total = this.#sum(index, columns);
    return (valuesOf(this.#ontology, attribute) ?? [])
      .map((value) => {
        const own = columns.filter((t) => this.#subjects[t]?.attributes[attribute] === value);
        return { value, probability: total > 0 ? this.#sum(index, own) / total : 0 };
      })
      .sort((a, b) => b.probability - a.probability);
  }

  /**
   * The objects seen with at least this evidence for some noun and colour, best first; of
   * overlapping ones the best.
   */
  objects(threshold: number): SeenObject[] {
    const kinds = kindsOf(this.#ontology);
    const evidence = kinds.map((kind) => this.evidence(kind));
    const best = this.boxes.map((_, box) =>
      evidence.reduce((b, row, k) => ((row[box] ?? 0) > (evidence[b]?.[box] ?? 0) ? k : b), 0),
    );
    const scores = this.boxes.map((_, box) => evidence[best[box] ?? 0]?.[box] ?? 0);
    // Weaker boxes suppress none of these, so they need not compete.
    const strong = [...scores.keys()].filter((index) => (scores[index] ?? 0) >= threshold);
    const kept = suppress(
      strong.map((index) => this.boxes[index] as BoxUnit),
      strong.map((index) => scores[index] ?? 0),
      {
        maxIou: this.isDetected ? SAME_OBJECT_IOU : CANDIDATE_IOU.apart,
        classes: strong.map((index) => best[index]),
      },
    );
    return kept
      .map((at) => strong[at] as number)
      .map((index): SeenObject => {
        const row = best[index] ?? 0;
        const score = scores[index] ?? 0;
        const box = this.#refine(this.boxes[index] as BoxUnit, score, evidence[row] ?? []);
        return this.seenAs(kinds[row] as NounPhrase, { box, index, score });
      });
  }

  /** A phrase where it is seen, with the most probable value of each attribute that it leaves open. */
  seenAs(phrase: NounPhrase, grounding: Grounding): SeenObject {
    const attributes = { ...phrase.attributes };
    for (const name of Object.keys(this.#ontology.attributes))
      attributes[name] ??= this.values(grounding.index, phrase, name)[0]?.value ?? '';
    return { ...grounding, subject: { noun: phrase.noun, attributes } };
  }

  /** Whether two boxes overlap as much as those of one object do. */
  isSame(a: BoxUnit, b: BoxUnit): boolean {
    return iou(a, b) >= (this.isDetected ? SAME_OBJECT_IOU : CANDIDATE_IOU.same);
  }

  #matching(phrase: NounPhrase): number[] {
    return this.#subjects.flatMap((subject, t) => (matches(subject, phrase) ? [t] : []));
  }

  #sum(box: number, columns: readonly number[]): number {
    const row = this.#probabilities[box] ?? [];
    let sum = 0;
    for (const t of columns) sum += row[t] ?? 0;
    return sum;
  }

  /** The mean of the boxes around the best one, weighted by evidence. */
  #refine(best: BoxUnit, score: number, evidence: readonly number[]): BoxUnit {
    let total = 0;
    const sum = { x0: 0, y0: 0, x1: 0, y1: 0 };
    for (const [index, box] of this.boxes.entries()) {
      const weight = evidence[index] ?? 0;
      if (weight <= 0 || weight < VOTE_SHARE * score || iou(box, best) < VOTE_IOU) continue;
      total += weight;
      sum.x0 += weight * box.x0;
      sum.y0 += weight * box.y0;
      sum.x1 += weight * box.x1;
      sum.y1 += weight * box.y1;
    }
    if (total === 0) return best;
    return { x0: sum.x0 / total, y0: sum.y0 / total, x1: sum.x1 / total, y1: sum.y1 / total };
  }
}

/** Whether a description is of the phrase's noun, if it has one, and attributes. */
function matches(subject: NounPhrase, { noun, attributes }: NounPhrase): boolean {
  return (
    (noun === '' || subject.noun === noun) &&
    Object.entries(attributes).every(([name, value]) => subject.attributes[name] === value)
  );
}

/** Noun and colour together, as existence is asked for; nouns alone where the ontology has no colours. */
export function kindsOf({ nouns, attributes }: Ontology): NounPhrase[] {
  return nouns.flatMap((noun) =>
    (attributes.colour ?? [undefined]).map((colour) => ({
      noun,
      attributes: colour === undefined ? {} : { colour },
    })),
  );
}

/** w of a description among detections: the highest score of those of its kind. */
function weightOf(subject: NounPhrase, detected: readonly DetectedKind[]): number {
  const own = detected.filter(({ kind }) => matches(subject, kind));
  return Math.max(UNDETECTED, ...own.map(({ score }) => score));
}

function softmax(cosines: readonly number[], logitScale: number): number[] {
  const most = Math.max(...cosines);
  return normalised(cosines.map((cosine) => Math.exp(logitScale * (cosine - most))));
}

function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

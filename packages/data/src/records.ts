import type { QuestionContext } from './question-context.js';

declare const unit: unique symbol;

/** A box in pixels: `x, y` of its top left corner, then its size (COCO's convention). */
export interface BoxPixels {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly [unit]?: 'pixels';
}

/** A box in image fractions, 0..1: top left corner `x0, y0`, bottom right corner `x1, y1`. */
export interface BoxUnit {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly [unit]?: 'unit';
}

/** Width and height of an image in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A region's mask: polygons in image fractions (one flat `x, y, x, y, ...` list each), or COCO's uncompressed
 * run-length encoding (column-major, first run background) at `size` `[height, width]`.
 */
export type Mask =
  | { readonly kind: 'polygons'; readonly polygons: readonly (readonly number[])[] }
  | { readonly kind: 'rle'; readonly size: readonly [number, number]; readonly counts: readonly number[] };

/** How a pseudo-label was made; labels made with other settings are never mixed in silently. */
export interface Provenance {
  readonly detector: string;
  readonly weightsSha256: string;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly prompt: string;
}

/** How a language model behind an endpoint wrote a region's description. */
export interface DescriberProvenance {
  readonly model: string;
  /** Origin and path of its endpoint. */
  readonly endpoint: string;
  readonly promptVersion: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Whether it saw the region's picture, or label, caption and box alone. */
  readonly images: boolean;
}

/** How a captioner that ran here wrote a region's description. */
export interface CaptionerProvenance {
  /** The model's folder or its id on the hub. */
  readonly captioner: string;
  /** Over all of the model's files. */
  readonly modelSha256: string;
  /** What it was asked for, such as `caption`. */
  readonly task: string;
  /** Share of the box's sides that it saw around the box; none where it saw the whole image. */
  readonly margin?: number;
  /** Most tokens; the surest token is taken each time. */
  readonly maxTokens: number;
  /** Of the preparation of its input. */
  readonly version: number;
}

/** How a model wrote a region's description; those of other settings are never mixed in silently. */
export type DescriptionProvenance = DescriberProvenance | CaptionerProvenance;

/** How well a text fits its picture, as a model of images and texts says. */
export interface TextScore {
  /** Cosine of their embeddings, -1..1. */
  readonly value: number;
  /** The model's folder or its id on the hub. */
  readonly model: string;
  /** Over all of the model's files. */
  readonly modelSha256: string;
}

/** One region of an image and the text that describes it. */
export interface Region {
  readonly id: string;
  readonly box: BoxUnit;
  readonly mask?: Mask;
  /** The category or name, such as `red circle`. */
  readonly label: string;
  /** The region's own text, such as `a small red circle at the top left`. */
  readonly description: string;
  /**
   * What annotators said of it beside its name, such as `brown`, `wooden`: in their words and
   * order, lower case, each once.
   */
  readonly attributes?: readonly string[];
  /** Where the region comes from: `coco`, `visual-genome`, `scenes`, a detector's name. */
  readonly source: string;
  readonly score?: number;
  readonly provenance?: Provenance;
  /** Where a model wrote `description`. */
  readonly descriptionProvenance?: DescriptionProvenance;
  /** How well `description` fits the region, where a filter asked. */
  readonly descriptionScore?: TextScore;
}

/** The paper's six relations and the inverse of `contains`. Order is the class index of the relation head. */
export const RELATIONS = ['left-of', 'right-of', 'above', 'below', 'overlaps', 'contains', 'inside'] as const;

/** How one box lies to another. */
export type Relation = (typeof RELATIONS)[number];

/** A relation between two regions of one image: `subject` is `relation` `object`. */
export interface RelationTriple {
  readonly subject: string;
  readonly relation: Relation;
  readonly object: string;
}

/**
 * What an annotator said of two regions of one image: `subject` `predicate` `object`, such as a man `wearing`
 * a hat. The predicate is in their words, lower case; one of our `Relation`s is a `RelationTriple` instead.
 */
export interface AnnotatedRelation {
  readonly subject: string;
  readonly predicate: string;
  readonly object: string;
}

/** One question about an image and its answer. */
export interface ConversationTurn {
  readonly question: string;
  readonly answer: string;
}

/** A conversation about the image of the sample that holds it. */
export interface SampleConversation {
  readonly id: string;
  /** One or more, in order. */
  readonly turns: readonly ConversationTurn[];
  /** Where it comes from: `llava-instruct`, `sharegpt4v`. */
  readonly source: string;
}

/** A conversation about one image: a record of instruction data. The image belongs to its first question. */
export interface Conversation extends SampleConversation {
  /** Path of the image file. */
  readonly image: string;
}

/** An image with its regions: what every reader yields and every builder takes. */
export interface RegionSample {
  readonly id: string;
  /** Path of the image file. */
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  /** How well `caption` fits the image, where a filter asked. */
  readonly captionScore?: TextScore;
  readonly regions: readonly Region[];
  /** How its regions lie to each other, where the source says so. Ids are those of its regions. */
  readonly relations?: readonly RelationTriple[];
  /** What else annotators said of two of its regions. Ids are those of its regions. */
  readonly annotatedRelations?: readonly AnnotatedRelation[];
  /** Instruction data about the image. */
  readonly conversations?: readonly SampleConversation[];
  /**
   * Labels of regions that were left out (crowds, small ones, those whose record is broken): the regions of
   * such a label are not all that the image shows. `all` where what was left out may be of any label.
   */
  readonly incomplete?: readonly string[] | 'all';
}

/** What an issue is about. */
export type IssueKind = 'object' | 'attribute' | 'relation' | 'count' | 'reasoning';

/** One thing that a critic found wrong with a response. */
export interface Issue {
  readonly kind: IssueKind;
  /** What the response claims. */
  readonly claim: string;
  /** What is true instead, as far as the critic knows. */
  readonly correction?: string;
  readonly evidence?: { readonly boxes: readonly BoxUnit[]; readonly score: number };
  /** Names of the critics that found it, where several were asked. */
  readonly by?: readonly string[];
}

/** A critic's word on a response. `confidence` is the critic's own, 0..1, where it has one. */
export type Feedback =
  | { readonly verdict: 'accept'; readonly confidence?: number }
  | {
      readonly verdict: 'revise';
      readonly issues: readonly Issue[];
      readonly text: string;
      readonly confidence?: number;
    };

/**
 * Why a rectification loop ended. `degraded`: a critic or a revision failed, and a proxy returned the first response;
 * `rectify` itself throws.
 */
export type StopReason = 'accepted' | 'unchanged' | 'cycle' | 'max-rounds' | 'budget' | 'degraded';

/** What a decide step says of a revision. */
export type Decision = 'better' | 'worse' | 'undecided';

/** One response and what the critic said of it. The last attempt may have none, when a budget ran out. */
export interface Attempt {
  readonly response: string;
  /** How a decide step held a revision against the response before it; `worse` ones are not returned. */
  readonly decision?: Decision;
  readonly feedback?: Feedback;
}

/** An image, as a path or as encoded bytes (PNG, JPEG, WebP...). */
export type ImageSource = string | Uint8Array;

/** The whole story of one question: every attempt, its feedback, the final response. */
export interface Trajectory {
  readonly id: string;
  readonly image: string;
  readonly question: string;
  /** Of a question within a conversation; its images by name. */
  readonly context?: QuestionContext<string>;
  readonly attempts: readonly Attempt[];
  readonly final: string;
  readonly stop: StopReason;
}

/** What questions ask for. */
export const QUESTION_KINDS = [
  'existence',
  'spatial',
  'attribute',
  'grounding',
  'reasoning',
  'location',
  'caption',
] as const;

/** What a question asks for. */
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** What a curated question demands of who answers it. */
export const CURATED_TYPES = [
  'existence',
  'count',
  'attribute',
  'relation',
  'grounding',
  'reference',
  'related-count',
  'related-grounding',
  'related-attribute',
  'compare-counts',
  'compare-sizes',
  'chain',
] as const;

/** What a curated question demands of who answers it. */
export type CuratedType = (typeof CURATED_TYPES)[number];

/** Why the answer of a curated question is true. */
export interface QuestionTruth {
  readonly type: CuratedType;
  /** The truth as a statement, such as `there is no dog`. */
  readonly fact: string;
  /** Answers of its form that were checked to be false; one or more. */
  readonly wrong: readonly string[];
  /** What has to be done one after the other. */
  readonly steps: readonly string[];
  /** Ids of the regions that it follows from, and their boxes; none for what is absent. */
  readonly regions: readonly string[];
  readonly boxes: readonly BoxUnit[];
  /** By what it is known: annotation alone, geometry of annotated boxes, or both. */
  readonly rule: 'annotated' | 'geometry' | 'annotated and geometry';
}

/** A question about an image with its truth: one line of a question file. */
export interface Question {
  readonly id: string;
  /** Id of the `RegionSample` that it is about. */
  readonly sample: string;
  readonly kind: QuestionKind;
  /** For `existence`: how the negative was drawn (POPE's three settings). */
  readonly setting?: 'random' | 'popular' | 'adversarial';
  readonly question: string;
  readonly answer: string;
  /** For `grounding`: the box asked for. */
  readonly box?: BoxUnit;
  /** Of curated questions (`curatedQuestions`). */
  readonly truth?: QuestionTruth;
}

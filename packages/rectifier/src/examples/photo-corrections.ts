import { createRandom, photoGraph, photoNames, type Question, type RegionSample } from '@fgam/data';
import { rectifierError } from '../error.js';
import { captionErrors } from './caption-errors.js';
import { type CorrectionExample, correctionExamples } from './correction-examples.js';
import { graphErrors } from './graph-errors.js';
import type { InjectedError } from './inject-errors.js';

/** Options of {@link photoCorrections}. */
export interface PhotoCorrectionsOptions {
  readonly samples: readonly RegionSample[];
  /** Curated questions about them (`curatedQuestions`). Default none. */
  readonly questions?: readonly Question[];
  /** Whether each caption is an example. Default true. */
  readonly captions?: boolean;
  /** Whether each image's relations, in words, are one. Default true. */
  readonly graphs?: boolean;
  /** Default 0. */
  readonly seed?: number;
  /** Share of drafts with an injected error; the others are right and accepted. Default 0.5. */
  readonly wrongShare?: number;
  /** Share of questions that get false feedback beside. Default 0. */
  readonly misleadingShare?: number;
}

/** What captions and scene graphs answer. */
const CAPTION_QUESTION = 'Describe the image.';
const GRAPH_QUESTION = 'How are the things in the image related to each other?';

/**
 * Training examples for reviser and critic from annotated photos: their captions, curated questions about
 * them, and their scene graphs, each with a right draft that is accepted or a wrong one with its correction.
 * Errors are typed (object, attribute, relation, count, reasoning) and their kinds are drawn evenly, as far
 * as an image has them; each is checked to be false by what the annotation says.
 *
 * The same options give the same examples. Source: the paper's correction trajectories (sections 3.3.3 and 4.1.2).
 *
 * @throws FgamError `rectifier/no-truth` for a question without `truth`, or about another image
 * @example
 * ```ts
 * import { photoCorrections } from '@fgam/rectifier';
 * const region = { source: 'coco', description: 'a thing' };
 * const regions = [
 *   { ...region, id: '1', label: 'dog', box: { x0: 0.1, y0: 0.4, x1: 0.3, y1: 0.6 } },
 *   { ...region, id: '2', label: 'car', box: { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 } },
 * ];
 * const sample = { id: 'a', image: 'a.jpg', width: 640, height: 480, regions };
 * const [example] = photoCorrections({ samples: [sample], wrongShare: 1 });
 * if (example?.response !== 'The dog is to the right of the car.' || example.revised !== 'The dog is to the left of the car.')
 *   throw new Error(JSON.stringify(example));
 * ```
 */
export function photoCorrections(options: PhotoCorrectionsOptions): CorrectionExample[] {
  const { samples, questions = [], captions = true, graphs = true, seed = 0, wrongShare = 0.5 } = options;
  const known = new Set(samples.map(({ id }) => id));
  const odd = questions.find(({ truth, sample }) => truth === undefined || !known.has(sample));
  if (odd !== undefined)
    throw rectifierError(
      'rectifier/no-truth',
      `photoCorrections: expected curated questions about the given images, got ${odd.id} ` +
        (odd.truth === undefined ? 'without its truth' : `about image ${odd.sample}`),
    );
  const { misleadingShare = 0 } = options;
  const asked = correctionExamples({ questions, seed, wrongShare, misleadingShare });
  const all = samples.map((sample) => photoGraph(sample));
  const names = photoNames(samples);
  const told = all.flatMap((graph): CorrectionExample[] => {
    const { facts } = graph;
    const { id, caption } = facts.sample;
    const random = createRandom(`photo-corrections/${seed}/${id}`);
    // A few of the names: each of them is an error of its own.
    const offered = random.shuffle(names).slice(0, 60);
    const draw = (question: Question, errors: readonly InjectedError[]): CorrectionExample => {
      const right = {
        question,
        response: question.answer,
        revised: question.answer,
        misleading: false,
      } as const;
      const kinds = [...new Set(errors.map(kindOf))].sort();
      if (!random.chance(wrongShare) || kinds.length === 0)
        return { ...right, feedback: { verdict: 'accept' }, source: 'right' };
      const kind = random.pick(kinds);
      return {
        ...right,
        ...random.pick(errors.filter((error) => kindOf(error) === kind)),
        source: 'injected',
      };
    };
    const text = graphs ? graphErrors(graph, { names: offered, random }) : undefined;
    const about = { sample: id, kind: 'caption' } as const;
    return [
      ...(captions && caption !== undefined
        ? [
            draw(
              { ...about, id: `${id}-caption`, question: CAPTION_QUESTION, answer: caption },
              captionErrors(facts, offered),
            ),
          ]
        : []),
      ...(text
        ? [draw({ ...about, id: `${id}-graph`, question: GRAPH_QUESTION, answer: text.answer }, text.errors)]
        : []),
    ];
  });
  return [...asked, ...told];
}

function kindOf({ feedback }: InjectedError): string {
  return feedback.issues[0]?.kind ?? '';
}

import type { RegionSample } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import {
  annotationEvidence,
  createSimilarityEvidence,
  formatEvidencePrompt,
  formatEvidenceQuestion,
  type ImageEvidence,
  writeEvidence,
} from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import { say } from '../output.js';
import { openGrounding } from '../ports/open-grounding.js';
import { questionSegment, type SceneData } from '../scene-data.js';
import { openModel } from './open-model.js';
import { rmSources } from './scene-corrections.js';
import type { EvidenceConfig, TrainConfig } from './train-config.js';

/** Images whose evidence is read at once. */
const AT_ONCE = 32;
/** Rows are as long as this share of them, in steps of this. */
const ROW_SHARE = 0.99;
const ROW_UNIT = 16;
/**
 * Corrections of short answers that share a row: evidence makes each five times as long. One is alone
 * with evidence of its own.
 */
const A_ROW = { image: 2, about: 1 };

/**
 * Training of a rectification module that reads no images: feedback on right and wrong responses after what
 * was seen, with the mistakes of the one who looked.
 *
 * @throws FgamError as {@link rmSources} and the grounding model do
 */
export async function evidenceSources(
  data: SceneData,
  config: Pick<TrainConfig, 'drafts' | 'wrongShare' | 'seed'> & { readonly evidence: EvidenceConfig },
  model: Pick<FgamModel, 'tokenizer' | 'config'>,
): Promise<TrainingSource[]> {
  const { evidence } = config;
  const { grounding, threshold, answers = 0, states = false, ...form } = evidence;
  const found = await evidenceOf(data.samples, { grounding, threshold });
  const foundOf = new Map(data.samples.map(({ id }, i) => [id, found[i] as ImageEvidence]));
  const wordsOf = (sample: string, text: string): string => {
    const own = foundOf.get(sample);
    return own === undefined ? '' : writeEvidence(own, text, form);
  };
  const objects = found.reduce((sum, each) => sum + each.objects.length, 0);
  say(
    `evidence of ${found.length} images by ${grounding ?? 'their annotations'}: ${(objects / found.length).toFixed(1)} objects an image`,
  );
  const criticPrompt = (sample: string) => (question: string, response: string) =>
    formatEvidencePrompt(wordsOf(sample, `${question} ${response}`), question, response);
  const aRow = form.about === true ? A_ROW.about : A_ROW.image;
  const sources = await rmSources(data, config, { criticPrompt, aRow, states });
  if (answers > 0) {
    const others = sources.reduce((sum, { turns = 1 }) => sum + turns, 0);
    const turns = Math.max(1, Math.round((others * answers) / (1 - answers)));
    sources.push(answerSource(data, turns, wordsOf));
  }
  return sources.map((source) => ({ ...source, length: rowLength(source, model) }));
}

/** Questions with what was seen for them, and their answers. */
function answerSource(
  { questions, sampleOf }: SceneData,
  turns: number,
  wordsOf: (sample: string, text: string) => string,
): TrainingSource {
  const examples = questions.flatMap((question) => {
    const image = sampleOf.get(question.sample)?.image;
    if (question.kind === 'caption' || image === undefined) return [];
    const prompt = formatEvidenceQuestion(wordsOf(question.sample, question.question), question.question);
    return [{ image, segments: [{ ...questionSegment(question), prompt }] }];
  });
  return { name: 'answers', examples, turns };
}

async function evidenceOf(
  samples: readonly RegionSample[],
  {
    grounding,
    threshold,
  }: { readonly grounding: string | undefined; readonly threshold: number | undefined },
): Promise<ImageEvidence[]> {
  if (grounding === undefined) return samples.map((sample) => annotationEvidence(sample));
  const seeing = openGrounding(await openModel(grounding));
  try {
    const read = createSimilarityEvidence({
      ...seeing.grounding,
      ...(threshold === undefined ? {} : { threshold }),
    });
    const found: ImageEvidence[] = [];
    for (let first = 0; first < samples.length; first += AT_ONCE)
      found.push(...(await read(samples.slice(first, first + AT_ONCE).map(({ image }) => image))));
    return found;
  } finally {
    await seeing.dispose();
  }
}

/** The length that nearly all rows have room in, as far as the model reads; what is beyond is left out, and said. */
function rowLength(
  { name, examples }: TrainingSource,
  { tokenizer, config }: Pick<FgamModel, 'tokenizer' | 'config'>,
): number {
  const room = config.text_config.max_position_embeddings;
  const lengths = examples.map(({ segments = [] }) =>
    segments.reduce(
      (sum, { prompt, answer }) =>
        sum + tokenizer.encode(prompt).length + tokenizer.encode(answer).length + 1,
      0,
    ),
  );
  const most = lengths.toSorted((a, b) => a - b)[Math.ceil(ROW_SHARE * lengths.length) - 1] ?? 1;
  const length = Math.min(room, ROW_UNIT * Math.ceil(most / ROW_UNIT));
  const long = lengths.filter((each) => each > length).length;
  if (long > 0)
    say(
      `${long} of ${lengths.length} rows of ${name} are longer than ${length} tokens; what is beyond is left out`,
    );
  return length;
}

import type { RegionSample } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import {
  annotationEvidence,
  createSimilarityEvidence,
  formatEvidence,
  formatEvidencePrompt,
  type ImageEvidence,
} from '@fgam/rectifier';
import type { TrainingSource } from '@fgam/trainer';
import { say } from '../output.js';
import { openGrounding } from '../ports/open-grounding.js';
import type { SceneData } from '../scene-data.js';
import { openModel } from './open-model.js';
import { rmSources } from './scene-corrections.js';
import type { EvidenceConfig, TrainConfig } from './train-config.js';

/** Images whose evidence is read at once. */
const AT_ONCE = 32;
/** Rows are as long as the longest, in steps of this. */
const ROW_UNIT = 32;
/** Corrections of short answers that share a row: evidence makes each five times as long. */
const A_ROW = 2;

/**
 * Training of a rectification module that reads no images: feedback on right and wrong responses after what was seen, with the mistakes of the one who looked.
 *
 * @throws FgamError as {@link rmSources} and the grounding model do
 */
export async function evidenceSources(
  data: SceneData,
  config: TrainConfig & { readonly evidence: EvidenceConfig },
  model: Pick<FgamModel, 'tokenizer' | 'config'>,
): Promise<TrainingSource[]> {
  const { evidence } = config;
  const found = await evidenceOf(data.samples, evidence);
  const wordsOf = new Map(
    data.samples.map(({ id }, i) => [id, formatEvidence(found[i] as ImageEvidence, evidence)]),
  );
  const objects = found.reduce((sum, each) => sum + each.objects.length, 0);
  say(
    `evidence of ${found.length} images by ${evidence.grounding ?? 'their annotations'}: ${(objects / found.length).toFixed(1)} objects an image`,
  );
  const criticPrompt = (sample: string) => (question: string, response: string) =>
    formatEvidencePrompt(wordsOf.get(sample) ?? '', question, response);
  const sources = await rmSources(data, config, { criticPrompt, aRow: A_ROW });
  return sources.map((source) => ({ ...source, length: rowLength(source, model) }));
}

async function evidenceOf(
  samples: readonly RegionSample[],
  { grounding, threshold }: EvidenceConfig,
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

/** The longest row, as far as the model reads; what is beyond is left out, and said. */
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
  const long = lengths.filter((length) => length > room).length;
  if (long > 0)
    say(`warning: ${long} of ${lengths.length} rows of ${name} are longer than the model reads and are cut`);
  return Math.min(room, ROW_UNIT * Math.ceil(Math.max(...lengths) / ROW_UNIT));
}

/** A measure that the text of the paper has values of. */
export type ReportedMetric = 'spatialSense' | 'mmhalScore' | 'mmhalRate' | 'popeF1';

/** A metric as a row of the paper's tables. */
export interface PaperMetric {
  /** `task.metric`. */
  readonly metric: string;
  readonly heading: string;
  /** Of what is shown. */
  readonly unit: 'percent' | 'share' | '0 to 6' | '0 to 100' | '0 to 2000' | '0 to 800';
  /** What the metric's own value is multiplied by to be shown. */
  readonly scale: 1 | 100;
  readonly better: 'higher' | 'lower';
  /** Of Table 2 and the figures too: locating, reasoning and hallucination, not general ability. */
  readonly isFineGrained: boolean;
  /** Which of the paper's values stands beside it: of this benchmark, or of the one that scenes stand in for. */
  readonly reported?: ReportedMetric;
  /** The benchmark that it stands in for. */
  readonly standsInFor?: string;
}

const fine = { unit: 'percent', scale: 1, better: 'higher', isFineGrained: true } as const;
const general = { ...fine, isFineGrained: false } as const;
/** Shares that are shown in percent. */
const scene = { ...fine, scale: 100 } as const;
/** Rates that are shown as they are. */
const rate = { ...fine, unit: 'share', better: 'lower' } as const;

/** The headline of each benchmark of the paper, in its order (section 4.1.3); then those beyond it. */
export const BENCHMARK_METRICS: readonly PaperMetric[] = [
  { metric: 'gvqa.precisionAt50', heading: 'GVQA, precision at IoU 0.5', ...scene },
  { metric: 'fvqa.top1', heading: 'Factual-VQA, top 1', ...fine },
  { metric: 'aokvqa.multipleChoice', heading: 'A-OKVQA, multiple choice', ...fine },
  { metric: 'aokvqa.directAnswer', heading: 'A-OKVQA, direct answer', ...fine },
  { metric: 'spatialsense.accuracy', heading: 'SpatialSense', ...fine, reported: 'spatialSense' },
  {
    metric: 'mmhal-bench.score',
    heading: 'MMHal-Bench, score',
    ...fine,
    unit: '0 to 6',
    reported: 'mmhalScore',
  },
  {
    metric: 'mmhal-bench.hallucinationRate',
    heading: 'MMHal-Bench, hallucination rate',
    ...rate,
    reported: 'mmhalRate',
  },
  { metric: 'pope.f1', heading: 'POPE, F1 (random)', ...scene, reported: 'popeF1' },
  { metric: 'mme.perception', heading: 'MME, perception', ...general, unit: '0 to 2000' },
  { metric: 'mme.cognition', heading: 'MME, cognition', ...general, unit: '0 to 800' },
  { metric: 'mmbench.circular', heading: 'MMBench, circular', ...general, scale: 100 },
  { metric: 'mm-vet.total', heading: 'MM-Vet', ...general, unit: '0 to 100' },
  { metric: 'seed.accuracy', heading: 'SEED-Bench', ...general },
  { metric: 'vqav2.overall', heading: 'VQAv2', ...general },
  { metric: 'gqa.accuracy', heading: 'GQA', ...general },
  { metric: 'vizwiz.overall', heading: 'VizWizQA', ...general },
  { metric: 'textvqa.overall', heading: 'TextVQA', ...general },
  { metric: 'scienceqa.accuracy', heading: 'ScienceQA', ...general },
  { metric: 'vsr.accuracy', heading: 'VSR', ...fine },
  { metric: 'refcoco.precisionAt50', heading: 'RefCOCO, precision at IoU 0.5', ...scene },
  { metric: 'chair.chairS', heading: 'CHAIR, captions with a false object', ...rate },
  { metric: 'chair.chairI', heading: 'CHAIR, false objects of those named', ...rate },
  { metric: 'amber.amber', heading: 'AMBER', ...fine, unit: '0 to 100' },
];

/** Scenes, where they stand in for the paper's benchmarks. */
const SCENE_METRICS: readonly PaperMetric[] = [
  {
    metric: 'grounding.precisionAt50',
    heading: 'Scenes: grounding at IoU 0.5',
    ...scene,
    standsInFor: 'GVQA',
  },
  { metric: 'attribute.accuracy', heading: 'Scenes: attributes', ...scene, standsInFor: 'Factual-VQA' },
  { metric: 'reasoning.accuracy', heading: 'Scenes: two-step reasoning', ...scene, standsInFor: 'A-OKVQA' },
  {
    metric: 'spatial.accuracy',
    heading: 'Scenes: spatial relations',
    ...scene,
    reported: 'spatialSense',
    standsInFor: 'SpatialSense',
  },
  {
    metric: 'caption.objectHallucination',
    heading: 'Scenes: false objects',
    ...rate,
    reported: 'mmhalRate',
    standsInFor: 'MMHal-Bench rate',
  },
  {
    metric: 'existence/random.f1',
    heading: 'Scenes: existence, F1 (random)',
    ...scene,
    reported: 'popeF1',
    standsInFor: 'POPE, F1 (random)',
  },
  { metric: 'existence.accuracy', heading: 'Scenes: existence', ...scene, standsInFor: 'POPE, accuracy' },
];

/** All metrics that the paper's tables may show, in their order. */
export const PAPER_METRICS: readonly PaperMetric[] = [...BENCHMARK_METRICS, ...SCENE_METRICS];

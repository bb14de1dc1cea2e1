export { type BenchErrorCode } from './error.js';
export {
  bootstrapInterval,
  type BootstrapInput,
  type BootstrapOptions,
  type Interval,
  pairedDifference,
  type PairedInput,
  ratioInterval,
  sumsInterval,
} from './bootstrap.js';
export { compareSystems, type ScoredRow, type SystemComparison } from './compare/compare-systems.js';
export { studentQuantile } from './compare/distributions.js';
export { mcnemarTest, type McnemarResult } from './compare/mcnemar-test.js';
export { questionsNeeded, type QuestionsNeededInput } from './compare/questions-needed.js';
export {
  type Alpha,
  type AlphaMetric,
  type AlphaUnit,
  krippendorffAlpha,
} from './human-eval/krippendorff-alpha.js';
export type { Prediction, PredictionFaults } from './match-predictions.js';
export {
  countYesNo,
  type YesNoCounts,
  type YesNoMetric,
  yesNoRates,
  type YesNoRow,
  yesNoScores,
} from './yes-no.js';
export { FOUND_IOU, isParsable, isRight } from './scenes/is-right.js';
export { captionMentions, type Mention } from './scenes/caption-mentions.js';
export { type CaptionCounts, captionHallucinations } from './scenes/caption-hallucinations.js';
export {
  type SceneItem,
  type SceneScore,
  type SceneScores,
  scoreScenes,
  type ScoreScenesOptions,
} from './scenes/score-scenes.js';
export {
  type CorrectionAccounting,
  correctionAccounting,
  type RoundAccounting,
  type RoundCounts,
} from './accounting.js';
export { type CriticJudgement, type CriticScore, criticScores } from './critic-scores.js';
export { ERROR_TYPES, type ErrorClaims, type ErrorType } from './taxonomy/error-claims.js';
export { errorTypeOf } from './taxonomy/error-type-of.js';
export { errorTaxonomy, type ErrorTaxonomyOptions, type SystemErrors } from './taxonomy/error-taxonomy.js';
export { sceneErrors } from './taxonomy/scene-errors.js';
export { chairErrors } from './taxonomy/chair-errors.js';
export { amberErrors } from './taxonomy/amber-errors.js';
export { type QuestionTiming, roundLatency, type RoundLatencyOptions } from './round-latency.js';
export { recallAtK, type RecallOptions, type RecallScore, type RecallScores } from './recall-at-k.js';
export {
  parseReport,
  type Report,
  type ReportExample,
  type ReportMetric,
  type ReportVariant,
} from './report/schema.js';
export { PAPER_ROLES, type PaperRole } from './report/paper/paper-roles.js';
export {
  type ErrorTaxonomy,
  type PaperData,
  type PaperHuman,
  type PaperRow,
  parsePaperData,
  type RoundLatency,
} from './report/paper/paper-schema.js';
export type { PaperCritic, PaperLoop } from './report/paper/loop-schema.js';
export type { PaperValue } from './report/paper/paper-value.js';
export { paperHuman } from './report/paper/paper-human.js';
export { reportExample } from './report/report-example.js';
export { reportMetrics } from './report/report-metrics.js';
export { renderPaper, type RenderPaperOptions } from './report/paper/render-paper.js';
export { renderTable, type RenderTableOptions } from './report/render-table.js';
export { renderHtml } from './report/render-html.js';
export { renderReliability } from './report/render-reliability.js';
export type { ReliabilityPlot } from './report/plots.js';
export { readReport, writeReport } from './report/write-report.js';
export type {
  BenchmarkAnswers,
  BenchmarkQuestion,
  BenchmarkScore,
  BenchmarkTask,
  Metrics,
  MetricValue,
  ScoreInput,
} from './tasks/benchmark-task.js';
export type { RowFaults } from './tasks/align-rows.js';
export { BENCHMARKS, findBenchmark } from './tasks/find-benchmark.js';
export type { JudgeAnswer, JudgeIdentity, JudgeModel } from './judge/judge-model.js';
export { createRecordingJudge } from './judge/create-recording-judge.js';
export { createReplayJudge } from './judge/create-replay-judge.js';
export {
  type CachedAnswerer,
  type CachedAnswererOptions,
  createCachedAnswerer,
} from './run/create-cached-answerer.js';
export {
  type LocatedQuestion,
  type LocatedQuestions,
  locateQuestions,
  type LocateQuestionsOptions,
} from './run/locate-questions.js';
export { rowAccounting, type RowAccounting } from './run/row-accounting.js';

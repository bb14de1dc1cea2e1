export {
  createStudy,
  type CreateStudyOptions,
  type Study,
  type StudyItem,
  type StudyMode,
  type StudyQuestion,
} from './human-eval/study.js';
export {
  createRatingStore,
  openRatingStore,
  type Correction,
  type RatingAnswer,
  type RatingStore,
  type RowsOf,
  type StoredCorrection,
} from './human-eval/rating-store.js';
export { serveStudy, type ServedStudy, type ServeStudyOptions } from './human-eval/serve-study.js';
export {
  humanEvaluation,
  type HumanEvaluation,
  type RatingMean,
  type UnfinishedEvaluation,
} from './human-eval/human-evaluation.js';
export { humanEvaluationText } from './human-eval/human-evaluation-text.js';
export { SCALES, type ScaleKey } from './human-eval/scales.js';

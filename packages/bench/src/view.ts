export { answersSource, type AnswersInput } from './view/answers-source.js';
export { benchmarkSource, type BenchmarkViewInput } from './view/benchmark-source.js';
export { samplesSource, type SamplesInput } from './view/samples-source.js';
export { shardsSource } from './view/shards-source.js';
export { serveView, type ViewServer } from './view/serve-view.js';
export type {
  TextChange,
  ViewBadge,
  ViewDetail,
  ViewRound,
  ViewRow,
  ViewSource,
  ViewState,
  ViewStory,
} from './view/view-source.js';

export { FgamError, isFgamError, type DataErrorCode } from './error.js';
export {
  CURATED_TYPES,
  QUESTION_KINDS,
  RELATIONS,
  type AnnotatedRelation,
  type Attempt,
  type Decision,
  type BoxPixels,
  type BoxUnit,
  type Conversation,
  type ConversationTurn,
  type CaptionerProvenance,
  type CuratedType,
  type DescriberProvenance,
  type DescriptionProvenance,
  type Feedback,
  type ImageSize,
  type ImageSource,
  type Issue,
  type IssueKind,
  type Mask,
  type Provenance,
  type Question,
  type QuestionKind,
  type QuestionTruth,
  type Region,
  type RegionSample,
  type Relation,
  type RelationTriple,
  type SampleConversation,
  type StopReason,
  type TextScore,
  type Trajectory,
} from './records.js';
export type { EarlierTurn, QuestionContext } from './question-context.js';
export type {
  Answer,
  Answerer,
  AnswerRequest,
  CallOptions,
  Critic,
  CritiqueRequest,
  Detection,
  Detector,
  GenerateRequest,
  Generation,
  Generator,
  Judge,
  RegionCaptioner,
  RegionTextScorer,
} from './ports.js';
export { loadPixels, readImageSize } from './pixels.js';
export { imageDataUri } from './image-data-uri.js';
export { imageKey } from './image-key.js';
export { IMAGE_URI, imageBytes, imageMediaType, imageUri } from './image-uri.js';
export { chatCompletionSchema } from './chat-completion.js';
export { ONNX_SUFFIXES } from './onnx-weights.js';
export { boundedFetch, ReplyTooLong } from './bounded-fetch.js';
export { listenAt, type ListenOptions } from './listen-at.js';
export { unlessAborted } from './unless-aborted.js';
export { cropImage } from './crop-image.js';
export { decodeImage, type DecodeImageOptions } from './decode-image.js';
export { encodeJpeg, type EncodeJpegOptions } from './encode-jpeg.js';
export type { PixelImage, RgbImage } from './pixel-image.js';
export { resample, type ResampleOptions } from './resample.js';
export type { ResampleFilter } from './resample-taps.js';
export { PixelCache, type PixelCacheOptions } from './pixel-cache.js';
export { float32Input, type Float32Input, int32Input, type Int32Input } from './host-array.js';
export { collatePixels } from './collate-pixels.js';
export {
  type CaptionNegativeInputs,
  collateRegions,
  type CollateRegionsOptions,
  type NegativeInputs,
  type RegionBatch,
  type RegionInputs,
} from './collate-regions.js';
export {
  collateConversations,
  type CollateConversationsOptions,
  type ConversationBatch,
  type ConversationInputs,
  type ConversationRow,
  type ConversationSegment,
} from './collate-conversations.js';
export { roiWeights } from './roi-weights.js';
export { maskWeights } from './mask-weights.js';
export type { RegionPooling } from './region-weights.js';
export { keepRegions } from './keep-regions.js';
export { COCO_CROWD, selectRegions, type SelectRegionsOptions } from './select-regions.js';
export { cacheTokens, type Tokenize } from './token-cache.js';
export { parseJson, readJson, readTextIfThere, type TextPosition } from './json.js';
export { readJsonLines, streamJsonLines, type JsonLine } from './json-lines.js';
export { readJsonArray } from './json-array.js';
export { type JsonPart, readJsonParts } from './json-parts.js';
export { countSkips, SkipList, writeSkips, type Skip, type SkipReason } from './skips.js';
export { readSkips } from './read-skips.js';
export { makeFolder } from './make-folder.js';
export { listFaults, type SchemaFaults } from './list-faults.js';
export { notWritable, writeAtomic } from './write-atomic.js';
export { type CocoData, readCoco } from './read-coco.js';
export { type CocoStream, type ReadCocoOptions, streamCoco } from './stream-coco.js';
export type { ImageCheck } from './image-file.js';
export type { ReaderOptions } from './reader-options.js';
export { limitImagePixels, maxImagePixels } from './image-limit.js';

// Boxes, relations, scenes.
export {
  BOX_TOLERANCE_PIXELS,
  boxArea,
  boxCentre,
  boxPixelsFromUnit,
  boxUnitFromPixels,
  containsBox,
  intersectionArea,
  iou,
} from './box.js';
export {
  RELATION_PHRASES,
  inverseRelation,
  relationBetween,
  relationFromPhrase,
  type RelationOptions,
} from './relation.js';
export {
  COLOURS,
  KINDS,
  LOCATION_BINS,
  SHAPES,
  SIZES,
  TEXTURES,
  articleFor,
  categoryIdOf,
  kindOf,
  partnerOf,
  sceneWords,
  type Colour,
  type Kind,
  type Shape,
  type Size,
  type Texture,
} from './scenes/vocabulary.js';
export { createRandom, type Random } from './scenes/random.js';
export { objectBox, type Scene, type SceneObject } from './scenes/scene.js';
export { sampleScene, type SampleSceneOptions } from './scenes/sample-scene.js';
export { renderScene } from './scenes/render-scene.js';
export {
  describeObject,
  locationOf,
  objectName,
  sceneCaption,
  sceneRelations,
  type SceneRelation,
} from './scenes/describe-scene.js';
export { formatLocation, parseLocation } from './scenes/location-words.js';
export { popularKinds } from './scenes/existence-questions.js';
export { TEST_QUESTIONS, TRAIN_QUESTIONS, type QuestionCounts } from './scenes/question-draft.js';
export { sceneQuestions, type SceneQuestionOptions } from './scenes/scene-questions.js';
export { writeScenes, type ScenesCounts, type ScenesSummary } from './scenes/write-scenes.js';
export type { SceneSplit, WriteScenesOptions } from './scenes/scene-settings.js';
export { formatQuestions, readQuestions } from './questions.js';
// End of boxes, relations, scenes.
export { readVisualGenome, type VisualGenomeData } from './read-visual-genome.js';

// Questions about annotated photos.
export {
  curatedQuestions,
  type CuratedQuestions,
  type CuratedQuestionsOptions,
} from './curated/curated-questions.js';
export { photoGraph, type PhotoEdge, type PhotoGraph } from './curated/photo-graph.js';
export { photoFacts, type PhotoFacts, type PhotoObject } from './curated/photo-facts.js';
export {
  contraryValues,
  PHOTO_ATTRIBUTES,
  type PhotoAttribute,
  photoAttributeOf,
} from './curated/photo-attributes.js';
export { photoNegatives, type PhotoNegative, type PhotoNegativesOptions } from './curated/photo-negatives.js';
export { namesSeveral, pluralOf } from './plural.js';
export { withArticle } from './with-article.js';
export { photoNames } from './curated/photo-names.js';
export { createRegionNegatives } from './curated/region-negatives.js';
export { formatLlavaBox, formatLlavaLocations, LLAVA_BOX_HINT } from './curated/llava-boxes.js';
export { formatLlavaQuestions, llavaQuestionTurn } from './curated/format-llava-questions.js';
export {
  regionConversations,
  type RegionConversations,
  type RegionConversationsOptions,
} from './curated/region-conversations.js';
export type { AnswerBalance } from './curated/answer-balance.js';
export type { CuratedRejection } from './curated/curated-draft.js';
// End of questions about annotated photos.
export {
  type ReadVisualGenomeOptions,
  streamVisualGenome,
  type VisualGenomeStream,
} from './stream-visual-genome.js';
export { readScenes } from './read-scenes.js';
export {
  hardNegatives,
  RELATION_SWAPS,
  SCENE_SWAPS,
  type HardNegativeOptions,
  type SwapVocabulary,
} from './hard-negatives.js';
export { type CardFormat, formatDataCard } from './card/format-data-card.js';
export { type Counts, createDataCard, type DataCard } from './card/create-data-card.js';
export type { Histogram } from './card/histogram.js';
export type { SourceLicence } from './card/licences.js';
export { lintSample, type LintFinding } from './lint/lint-sample.js';
export {
  contradictedSides,
  positionClaims,
  type PositionClaim,
  type PositionSide,
} from './lint/position-claims.js';
export { splitOf, type DataSplit } from './data-split.js';
export { buildShards, type BuildShardsOptions } from './build-shards.js';
export { createInProcessQueue } from './in-process-queue.js';
export type { ShardJob } from './shard-job.js';
export type { ShardQueue } from './shard-queue.js';
export type { ShardSample } from './read-shard.js';
export { readShards } from './read-shards.js';
export { readShardManifest, type ShardEntry, type ShardManifest } from './shard-manifest.js';

// Readers of other official formats.
export {
  type Flickr30kPhrase,
  type Flickr30kSentence,
  parseFlickr30kSentence,
} from './flickr30k-sentence.js';
export {
  type Flickr30kSentences,
  readFlickr30kSentences,
  type ReadFlickr30kSentencesOptions,
} from './read-flickr30k-sentences.js';
export {
  type Flickr30kData,
  readFlickr30kEntities,
  type ReadFlickr30kEntitiesOptions,
} from './read-flickr30k-entities.js';
export {
  REF_COCO_SPLITS,
  type ReadRefCocoOptions,
  type RefCocoData,
  type RefCocoSplit,
  readRefCoco,
} from './read-ref-coco.js';
export { readYolo, type ReadYoloOptions, type YoloData } from './read-yolo.js';
export { type ConversationData } from './read-conversations.js';
export { type ReadConversationsOptions } from './conversation-records.js';
export {
  type InstructionSampleStream,
  streamInstructionSamples,
  type StreamInstructionSamplesOptions,
} from './stream-instruction-samples.js';
export { readLlavaInstruct } from './read-llava-instruct.js';
export { readShareGpt4V } from './read-share-gpt4v.js';
export {
  type LlavaContext,
  type LlavaContextData,
  readLlavaContexts,
  type ReadLlavaContextsOptions,
} from './read-llava-contexts.js';
// End of readers of other official formats.
export { readLaion, type ReadLaionOptions } from './read-laion.js';
export { readLaionRows, type LaionRow, type ReadLaionRowsOptions } from './read-laion-rows.js';
export type { LaionFields, LaionFilter } from './laion-filter.js';
export { readWebDataset, type ReadWebDatasetOptions, type WebDatasetSample } from './read-web-dataset.js';
export {
  readImageFolder,
  type ImageFolderData,
  type ReadImageFolderOptions,
} from './read-image-folder.js';
export { type JsonQuirk, type JsonRecords, readJsonRecords } from './read-json-records.js';
export { openShardLookup, type ShardLookup } from './open-shard-lookup.js';
export { readShardIndex, readShardTexts, type ShardTextRow } from './read-shard-index.js';
export type { ShardIndexRow } from './shard-index-row.js';
export {
  findDuplicates,
  type DuplicateData,
  type DuplicateGroup,
  type DuplicatePair,
  type FindDuplicatesOptions,
} from './find-duplicates.js';
export { decodeRleCounts } from './rle.js';
export { suppressOverlaps } from './suppress-overlaps.js';
export {
  collateDetections,
  type CollateDetectionsOptions,
  type DetectionBatch,
  type DetectionInputs,
} from './collate-detections.js';

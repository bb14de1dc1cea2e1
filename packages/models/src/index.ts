export {
  type AnswererOptions,
  createAnswerer,
  type DraftRevision,
  type FormatAnswerPrompt,
  type ModelAnswerer,
} from './answerer.js';
export { type OnnxChoice, ONNX_WEIGHTS, type OnnxWeights } from './answerer-onnx/locate-onnx.js';
export { openOnnxAnswerer, type OnnxAnswererOptions } from './answerer-onnx/onnx-answerer.js';
export { createPretrainedAnswerer, withoutToken } from './answerer-pretrained.js';
export { activate } from './blocks/activation.js';
export { attention } from './blocks/attention.js';
export { clipTextTower, type ClipTexts } from './blocks/clip-text-tower.js';
export { connector } from './blocks/connector.js';
export {
  type ConversationInputs,
  type ConversationOptions,
  conversationHidden,
  conversationLogits,
} from './blocks/conversation-logits.js';
export { convolution } from './blocks/convolution.js';
export { type Attend, decoder, type DecoderOptions } from './blocks/decoder.js';
export { imageEmbeddings, regionEmbeddings, textEmbeddings } from './blocks/embeddings.js';
export { type DetectionOutputs, detectionOutputs } from './blocks/detection.js';
export { evaTower } from './blocks/eva-tower.js';
export {
  type GlobalEmbeddingOptions,
  globalImageEmbeddings,
  globalTextEmbeddings,
} from './blocks/global-embeddings.js';
export {
  causalBias,
  type LanguageModelInputs,
  languageModel,
  tokenEmbeddings,
  tokenLogits,
} from './blocks/language-model.js';
export type { LayerOptions, Recompute } from './blocks/layer.js';
export { layerNorm } from './blocks/layer-norm.js';
export { fusedLinear, linear } from './blocks/linear.js';
export { mlp, swiglu } from './blocks/mlp.js';
export { qFormer, type QFormerText } from './blocks/q-former.js';
export { relationLogits } from './blocks/relation-logits.js';
export { rmsNorm } from './blocks/rms-norm.js';
export { type RotaryAngles, rotaryAngles, rotate } from './blocks/rotary.js';
export { visionStem } from './blocks/stem.js';
export { visionTower } from './blocks/vision-tower.js';
export type { CheckpointFiles } from './checkpoint/checkpoint-files.js';
export { isPretrainedFolder } from './checkpoint/is-pretrained-folder.js';
export {
  loadPretrained,
  type LoadPretrainedOptions,
  type PretrainedModel,
} from './checkpoint/load-pretrained.js';
export type { StoredAt } from './checkpoint/read-shards.js';
export { savePretrained } from './checkpoint/save-pretrained.js';
export type { NameRule } from './checkpoint/weight-names.js';
export { type CompactOverrides, compactConfig } from './compact-config.js';
export {
  type Activation,
  type ClipTextConfig,
  ignoredConfigKeys,
  type LanguageConfig,
  type ModelConfig,
  parseConfig,
  type StemConfig,
} from './config.js';
export { createModelDetector, type ModelDetector, type ModelDetectorOptions } from './model-detector.js';
export type { ModelsErrorCode } from './error.js';
export type { ExecutionOptions, QuantizedMatrices } from './execution.js';
export { exportOnnx, type ExportOnnxOptions, type OnnxExport } from './export/export-onnx.js';
export { answerBatch, type AnswerBatchOptions, type AnswerRow } from './families/answer-batch.js';
export { type AnswerTokens, answerTokens, fitsRow, type PromptedAnswer } from './families/answer-tokens.js';
export { type FamilyModel, type InstructionReader, MODEL_PARTS, type ModelPart } from './families/family.js';
export { openFamily } from './families/find-family.js';
export {
  type ImageBatch,
  imageBatch,
  type ImageBatchOptions,
  type VisualPlace,
} from './families/image-batch.js';
export { pretrainedHidden, pretrainedLogits } from './families/pretrained-logits.js';
export { createGenerator, type GeneratorOptions } from './generation/generator.js';
export type {
  DecodingStats,
  GenerationPiece,
  ModelCallOptions,
  ModelGeneration,
  ModelGenerator,
  ModelRequest,
} from './generation/model-request.js';
export {
  createPretrainedGenerator,
  type PretrainedGenerator,
  type PretrainedRequest,
} from './generation/pretrained-generator.js';
export type { Program } from './generation/programs.js';
export {
  type Adapter,
  type AdapterOptions,
  adapterScales,
  adapterSpecs,
  createAdapter,
  isAdapterWeight,
  LORA_TARGETS,
  type LoraTarget,
} from './lora/adapter.js';
export { loadAdapter, saveAdapter } from './lora/adapter-files.js';
export { mergeAdapter } from './lora/merge-adapter.js';
export { adapterWeights, withAdapter } from './lora/with-adapter.js';
export { createHaclWeights } from './hacl-weights.js';
export { checkModel, type FgamModel, loadModel, saveModel } from './model.js';
export type { ImageProcessor, PreparedImage } from './processors/image-processor.js';
export { parseQFormerConfig, type QFormerModelConfig } from './q-former-config.js';
export type { ChatContent, ChatMessage, ChatTemplate } from './text/chat-template.js';
export type { PretrainedTokenizer } from './text/pretrained-tokenizer.js';
export type { VisualExtent } from './generation/spliced-prompt.js';
export { promptWithImages } from './text/prompt-with-images.js';
export { createTokenizer, openTokenizer, type Tokenizer, vocabularyFromTexts } from './tokenizer.js';
export type { TokenizerJson } from './tokenizer-json.js';
export {
  createRegionTextScorer,
  type ModelRegionTextScorer,
  type RegionTextScorerOptions,
} from './region-text-scorer.js';
export { createVisionReader, type VisionReader, type VisionReaderOptions } from './vision-reader.js';
export { LOCATION_BINS, SPECIAL_TOKENS } from './tokenizer-specials.js';
export { type VisionGrid, visionGrid } from './vision-grid.js';
export { weightSpecs } from './model-specs.js';
export type { WeightInit, WeightSpec } from './weight-specs.js';
export { type HeadOverrides, withHeads } from './with-heads.js';
export { checkWeights, countParameters, createWeights, decaysWeight } from './weights.js';

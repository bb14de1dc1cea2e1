export { exportConversations } from './export/export-conversations.js';
export { EXPORT_FORMATS, type ExportFileOptions, type ExportFormat } from './export/export-format.js';
export { exportTrajectories, type ExportOptions } from './export/export-trajectories.js';
export { calibrateRefusals, type RefusalOutcome } from './calibrate-refusals.js';
export { calibrateThreshold, type Calibration } from './calibrate-threshold.js';
export { ISSUE_KIND_OF, type Claim } from './claims/claim.js';
export { SCENE_ONTOLOGY, type Ontology } from './claims/ontology.js';
export { formatNounPhrase, parseNounPhrase, plainText, type NounPhrase } from './claims/noun-phrase.js';
export { parseClaims, type ParsedClaims } from './claims/parse-claims.js';
export { isCaptionQuestion, parseQuestion, type QuestionForm } from './claims/parse-question.js';
export { annotationEvidence } from './critics/evidence/annotation-evidence.js';
export {
  createDetectorEvidence,
  type DetectorEvidenceOptions,
} from './critics/evidence/detector-evidence.js';
export { evidenceAbout, type EvidenceAboutOptions } from './critics/evidence/evidence-about.js';
export { createEvidenceCritic, type EvidenceCriticOptions } from './critics/evidence/evidence-critic.js';
export { type EvidenceForm, writeEvidence } from './critics/evidence/evidence-form.js';
export { formatEvidence, type FormatEvidenceOptions } from './critics/evidence/format-evidence.js';
export type { EvidenceObject, EvidenceReader, ImageEvidence } from './critics/evidence/image-evidence.js';
export {
  createSimilarityEvidence,
  type SimilarityEvidenceOptions,
} from './critics/evidence/similarity-evidence.js';
export {
  createRememberingGenerator,
  type RememberingGeneratorOptions,
} from './critics/remembering-generator.js';
export { createGatheringCritic, type GatheringCriticOptions } from './critics/gathering-critic.js';
export { createDescriptionCritic, type DescriptionCriticOptions } from './critics/description-critic.js';
export { createDividedCritic, type DividedPart } from './critics/divided-critic.js';
export { createModelCritic } from './critics/model-critic.js';
export type { ModelCriticOptions } from './critics/write-feedback.js';
export { createLlmCritic, type LlmCritic, type LlmCriticOptions } from './critics/llm/llm-critic.js';
export {
  createEnsembleCritic,
  type EnsembleMember,
  type EnsembleOptions,
} from './critics/ensemble/ensemble-critic.js';
export {
  calibrateEnsemble,
  type EnsembleCalibration,
  type EnsembleExample,
} from './critics/ensemble/calibrate-ensemble.js';
export { type Reliability, reliability, type ReliabilityBin } from './critics/ensemble/reliability.js';
export type { EndpointUsage } from './endpoint/chat-endpoint.js';
export {
  createEndpointAnswerer,
  type EndpointAnswerer,
  type EndpointAnswererOptions,
} from './endpoint/endpoint-answerer.js';
export { EndpointError, type EndpointErrorCode } from './endpoint/endpoint-error.js';
export type { EndpointOptions } from './endpoint/endpoint-options.js';
export { createOracleCritic, type OracleTruth } from './critics/oracle-critic.js';
export { type Port, PortError, type RectifierErrorCode } from './error.js';
export {
  correctionExamples,
  type CorrectionExample,
  type CorrectionExamplesOptions,
} from './examples/correction-examples.js';
export { injectErrors, type InjectedError, type InjectErrorsOptions } from './examples/inject-errors.js';
export { photoCorrections, type PhotoCorrectionsOptions } from './examples/photo-corrections.js';
export { wrongCaptions, type WrongCaptionsOptions } from './examples/wrong-captions.js';
export { criticSegments, exampleTrajectory, revisionSegments } from './examples/segments.js';
export { ACCEPT_TEXT, FEEDBACK_PATTERN, ISSUE_KINDS, feedbackWords } from './feedback/feedback-grammar.js';
export { correctedResponse, type CorrectedResponseOptions } from './feedback/corrected-response.js';
export { isBlank } from './loop/is-blank.js';
export { foldSpace, formatFeedback, type FormatFeedbackOptions } from './feedback/format-feedback.js';
export { parseFeedback, type ParseFeedbackOptions } from './feedback/parse-feedback.js';
export { callPort, type PortCall } from './loop/call-port.js';
export { chooseFinal } from './loop/choose-final.js';
export { feedbackScore, isAcceptance } from './loop/feedback-score.js';
export { createDecider, type Decider, type DeciderOptions, type DecideRequest } from './loop/decider.js';
export { rectify } from './loop/rectify.js';
export type {
  AdaptiveRounds,
  RectifyBudget,
  RectifyEvent,
  RectifyOptions,
  RectifyRequest,
} from './loop/rectify-options.js';
export { replayTrajectory } from './loop/replay-trajectory.js';
export { formatTrajectories, readTrajectories, streamTrajectories } from './loop/trajectory-file.js';
export { escapeSlot } from './prompts/escape-slot.js';
export {
  formatCriticPrompt,
  formatPrompt,
  type PromptOptions,
  type Revision,
} from './prompts/format-prompt.js';
export { EVIDENCE_PROMPT, formatEvidencePrompt, formatEvidenceQuestion } from './prompts/evidence-prompt.js';
export { formatStatementPrompt, STATEMENT_PROMPT } from './prompts/statement-prompt.js';
export { DECIDE_PROMPT } from './prompts/decide-prompt.js';
export {
  LLM_CONVERSATION_PROMPT,
  LLM_CRITIC_PROMPT,
  type LlmCriticPrompt,
} from './prompts/llm-critic-prompt.js';
export { TURNS_PROMPT } from './prompts/turns-prompt.js';
export { INSTRUCT_PROMPT, PAPER_PROMPT, type PromptTemplate } from './prompts/prompt-template.js';
export {
  type ClaimCount,
  type ClaimReward,
  claimRewards,
  countClaims,
  isOmission,
  reward,
} from './reward.js';
export { feedbackFor, type FeedbackForOptions, statementOf } from './truth/feedback-for.js';
export { isAlreadySaid, isShortQuestion } from './truth/stated-answer.js';
export { correctedAnswer, type CorrectedAnswerOptions } from './truth/corrected-answer.js';
export { statedExample } from './examples/stated-example.js';
export { createGroundedCritic, type GroundedCriticOptions } from './critics/grounded/grounded-critic.js';
export type { GroundedThresholds } from './critics/grounded/claim-check.js';
export { gridBoxes, type GridBoxesOptions } from './critics/grounded/grid-boxes.js';
export type { Grounding, ImageReading, SeenObject } from './critics/grounded/image-reading.js';
export {
  createImageReader,
  type ImageReader,
  type ReadingOptions,
} from './critics/grounded/read-images.js';
export { suppress } from './critics/grounded/suppress.js';
export {
  acceptByThreshold,
  refusalScore,
  withAcceptThreshold,
  withRefusalThreshold,
} from './critics/accept-threshold.js';
export { calibrateExistence } from './critics/grounded/calibrate-existence.js';

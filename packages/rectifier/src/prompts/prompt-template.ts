/** The texts around a question, a response and feedback. Slots are `{question}`, `{response}` and `{feedback}`. */
export interface PromptTemplate {
  /** Name and version; a changed text gets a new one, because models are trained on it. */
  readonly name: string;
  /** Asks for a first response. */
  readonly answer: string;
  /** Asks for a revised response. */
  readonly revise: string;
  /** Asks a critic for feedback. */
  readonly criticise: string;
}

/** The paper's template (section 3.3.3): what every model of this project is trained on. */
export const PAPER_PROMPT = {
  name: 'paper-1',
  answer: 'User: {question} Assistant:',
  revise: 'User: {question} Assistant: {response} Feedback: {feedback} Assistant (Revised):',
  criticise: 'User: {question} Assistant: {response} Feedback:',
} as const satisfies PromptTemplate;

/** For instruction-tuned models that never saw the paper's template: the same order, with instructions. */
export const INSTRUCT_PROMPT = {
  name: 'instruct-1',
  answer: '{question}',
  revise:
    'User: {question}\nAssistant: {response}\nFeedback: {feedback}\n' +
    'Look at the image again, correct what the feedback names, keep what is right, and reply with the corrected answer alone.\n' +
    'Assistant (Revised):',
  criticise:
    'User: {question}\nAssistant: {response}\n' +
    'Compare the answer with the image. If all of it is right, reply "no further corrections needed". Otherwise list what is wrong, ' +
    'separated by " ; ", each as "KIND : CORRECTION , not WRONG CLAIM", where KIND is object, attribute, relation, count or ' +
    'reasoning.\nFeedback:',
} as const satisfies PromptTemplate;

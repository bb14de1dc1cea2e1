/**
 * A revision as turns of a conversation, for models with a chat template of their own. Slots are
 * `{question}` and `{feedback}`.
 */
export const TURNS_PROMPT = {
  /** Name and version; a changed text gets a new one. */
  name: 'turns-1',
  /** The user's first turn, with the image; the former response is the assistant's. */
  answer: '{question}',
  /** The user's second turn. */
  revise:
    'Feedback on your answer: {feedback}\n' +
    'Look at the image again, correct what the feedback names, keep what is right, and reply with the corrected answer alone.',
} as const;

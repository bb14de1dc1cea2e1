/** MME's tasks, in the order in which the official script sums them (floating-point sums have an order). */
export const MME_TASKS = {
  perception: [
    'existence',
    'count',
    'position',
    'color',
    'posters',
    'celebrity',
    'scene',
    'landmark',
    'artwork',
    'OCR',
  ],
  cognition: ['commonsense_reasoning', 'numerical_calculation', 'text_translation', 'code_reasoning'],
} as const;

/** Names of all tasks. */
export const MME_TASK_NAMES: readonly string[] = [...MME_TASKS.perception, ...MME_TASKS.cognition];

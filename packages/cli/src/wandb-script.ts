/** Hands metrics to Weights & Biases; beside `src` and `dist`, as this module is. */
export const WANDB_SCRIPT = new URL('../python/wandb_run.py', import.meta.url);

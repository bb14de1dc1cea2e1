/**
 * Which row of the paper's tables and figures a result is. A result may be several: the full system of Table
 * 2 is RTCL and SCC together in Figure 1, and where it was tuned by SFT alone the SFT of Figure 2 too.
 */
export const PAPER_ROLES = [
  /** The model as it was. Tables 1, 2. */
  'base',
  /** The method compared with. Table 1. */
  'hacl',
  /** Stage 2 alone. Table 2; Figure 1, neither component. */
  'without-stage-1',
  /** Stage 1 alone. Table 2; Figure 2, stage 1 only. */
  'without-stage-2',
  /** Stage 2 and RTCL. Figure 1. */
  'rtcl',
  /** Stage 2 and SCC. Figure 1. */
  'scc',
  /** Stage 1, then supervised fine-tuning. Figure 2. */
  'sft',
  /** Stage 1, then reinforcement learning. Figure 2. */
  'ppo',
  /** Stage 1, then both. Figure 2. */
  'hybrid',
  /** Both stages. Tables 1, 2; Figure 1, both components. */
  'full',
  /** Another system that Table 1 shows beside the paper's. */
  'other',
] as const;

/** Which row of the paper's tables and figures a result is. */
export type PaperRole = (typeof PAPER_ROLES)[number];

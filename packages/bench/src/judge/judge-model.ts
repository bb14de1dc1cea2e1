/** Which model judges, and how it is asked. */
export interface JudgeIdentity {
  /** As it is asked for. */
  readonly model: string;
  /** All that changes its answers besides the prompt: temperature, most tokens. */
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** What a judge answered. */
export interface JudgeAnswer {
  readonly text: string;
  /** The model as the server names it: an alias (`gpt-4`) stands for others as time goes by. */
  readonly answeredBy: string;
}

/** A model that judges, one prompt at a time. */
export interface JudgeModel extends JudgeIdentity {
  ask(prompt: string, signal?: AbortSignal): Promise<JudgeAnswer>;
}

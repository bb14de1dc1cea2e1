/** Prices in any currency, for a million tokens. */
export interface TokenPrices {
  readonly promptPerMillion: number;
  readonly completionPerMillion: number;
}

/** What a describer may spend in its life. A limit that is left out does not bind. */
export interface DescriberBudget {
  /** Requests sent, tries after failures included. */
  readonly requests?: number;
  /** Prompt and completion together. */
  readonly tokens?: number;
  /** In the prices' currency. */
  readonly cost?: number;
}

/** What was spent. */
export interface DescriberUsage {
  /** Requests sent, tries after failures included. */
  readonly requests: number;
  /** Those of them that were tries after a failure. */
  readonly retries: number;
  /** Replies that came from the cache, or from an equal request of the same call. */
  readonly cached: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Requests whose tokens the endpoint did not count: a generous estimate is in the sums. */
  readonly estimated: number;
  /** Undefined without prices. */
  readonly cost?: number;
}

/** Tokens of a request. */
export interface TokenCount {
  readonly prompt: number;
  readonly completion: number;
}

/** Thrown where a request does not fit into the budget. */
export class BudgetSpent extends Error {}

/** Sums of one call. */
export class UsageMeter {
  private counts = { requests: 0, retries: 0, cached: 0, promptTokens: 0, completionTokens: 0, estimated: 0 };

  /** One more of a kind. */
  count(kind: 'requests' | 'retries' | 'cached' | 'estimated'): void {
    this.counts[kind] += 1;
  }

  /** Tokens that were paid for. */
  pay({ prompt, completion }: TokenCount): void {
    this.counts.promptTokens += prompt;
    this.counts.completionTokens += completion;
  }

  /** The sums so far. */
  usage(prices?: TokenPrices): DescriberUsage {
    const { promptTokens: prompt, completionTokens: completion } = this.counts;
    return { ...this.counts, ...(prices ? { cost: costOf({ prompt, completion }, prices) } : {}) };
  }
}

/** Keeps to a budget: what is under way counts with the most that it may take, so that no limit is passed. */
export class Ledger {
  private requests = 0;
  private tokens = 0;
  private cost = 0;
  private readonly budget: DescriberBudget;
  private readonly prices: TokenPrices | undefined;

  /**
   * @param budget - the limits
   * @param prices - needed for a limit of cost
   */
  constructor(budget: DescriberBudget, prices: TokenPrices | undefined) {
    this.budget = budget;
    this.prices = prices;
  }

  /**
   * Sets aside what a request may take.
   *
   * @returns takes what it really took, and frees the rest
   * @throws BudgetSpent
   */
  reserve(most: TokenCount): (real: TokenCount) => void {
    const { requests = Infinity, tokens = Infinity, cost = Infinity } = this.budget;
    const price = this.priceOf(most);
    if (this.requests + 1 > requests) throw new BudgetSpent(`${requests} requests are spent`);
    if (this.tokens + most.prompt + most.completion > tokens)
      throw new BudgetSpent(`${this.tokens} of ${tokens} tokens are spent or under way`);
    if (this.cost + price > cost)
      throw new BudgetSpent(`${this.cost.toPrecision(3)} of ${cost} are spent or under way`);
    this.add(most, price);
    this.requests += 1;
    return (real) =>
      this.add(
        { prompt: real.prompt - most.prompt, completion: real.completion - most.completion },
        this.priceOf(real) - price,
      );
  }

  private add({ prompt, completion }: TokenCount, price: number): void {
    this.tokens += prompt + completion;
    this.cost += price;
  }

  private priceOf(count: TokenCount): number {
    return this.prices ? costOf(count, this.prices) : 0;
  }
}

function costOf({ prompt, completion }: TokenCount, prices: TokenPrices): number {
  return (prompt * prices.promptPerMillion + completion * prices.completionPerMillion) / 1e6;
}

import { describe, expect, it } from 'vitest';
import { BudgetSpent, Ledger, UsageMeter } from './ledger.js';

describe('Ledger', () => {
  it('counts what is under way with the most that it may take, then with what it took', () => {
    const ledger = new Ledger({ tokens: 250 }, undefined);
    const settle = ledger.reserve({ prompt: 100, completion: 50 });
    expect(() => ledger.reserve({ prompt: 100, completion: 50 })).toThrow(BudgetSpent);
    settle({ prompt: 80, completion: 20 }); // 100 of 250
    ledger.reserve({ prompt: 100, completion: 50 }); // 250 of 250
    expect(() => ledger.reserve({ prompt: 1, completion: 0 })).toThrow('250 of 250 tokens');
  });

  it('bounds requests and cost', () => {
    const requests = new Ledger({ requests: 1 }, undefined);
    requests.reserve({ prompt: 1, completion: 1 })({ prompt: 0, completion: 0 });
    expect(() => requests.reserve({ prompt: 1, completion: 1 })).toThrow('1 requests are spent');
    // 1,000 x 2 + 100 x 10 = 3,000 millionths.
    const cost = new Ledger({ cost: 0.005 }, { promptPerMillion: 2, completionPerMillion: 10 });
    cost.reserve({ prompt: 1000, completion: 100 });
    expect(() => cost.reserve({ prompt: 1000, completion: 100 })).toThrow('0.00300 of 0.005');
  });
});

describe('UsageMeter', () => {
  it('adds up tokens and their cost', () => {
    const meter = new UsageMeter();
    meter.pay({ prompt: 1000, completion: 100 });
    meter.pay({ prompt: 500, completion: 0 });
    // (1,500 x 2 + 100 x 10) / 10^6
    expect(meter.usage({ promptPerMillion: 2, completionPerMillion: 10 }).cost).toBeCloseTo(0.004);
    expect(meter.usage().cost).toBeUndefined();
  });
});

import { visionGrid } from '@fgam/models';
import { formatCriticPrompt, formatPrompt } from '@fgam/rectifier';
import { describe, expect, test, vi } from 'vitest';
import { tinyModel } from '../commands/command.test-support.js';
import { fittedPrompts } from './fitted-prompts.js';

const model = tinyModel();
const room = model.config.text_config.max_position_embeddings - visionGrid(model.config).visualTokens - 96;
const tokens = (prompt: string) => model.tokenizer.encode(prompt).length;
const long = 'red '.repeat(600).trim();
const question = 'is there a red circle ?';

describe('fittedPrompts', () => {
  test('leaves what fits as it is', () => {
    const prompts = fittedPrompts(model);
    const revision = { response: 'yes', feedback: 'object : there is no red circle' };
    expect(prompts.formatPrompt(question)).toBe(formatPrompt(question));
    expect(prompts.formatPrompt(question, revision)).toBe(formatPrompt(question, revision));
    expect(prompts.formatCriticPrompt(question, 'no')).toBe(formatCriticPrompt(question, 'no'));
  });

  test('cuts feedback first, then the response, to exactly the room there is', () => {
    const prompts = fittedPrompts(model);
    const cutFeedback = prompts.formatPrompt(question, { response: 'yes', feedback: long });
    expect(tokens(cutFeedback)).toBe(room);
    expect(cutFeedback).toContain('Assistant: yes Feedback: red red');
    const cutResponse = prompts.formatPrompt(question, { response: long, feedback: 'object : wrong' });
    expect(tokens(cutResponse)).toBe(room);
    expect(cutResponse).toMatch(/red red Feedback: +Assistant \(Revised\):$/);
    expect(tokens(prompts.formatCriticPrompt(question, long))).toBe(room);
  });

  test('says how many were cut', () => {
    const prompts = fittedPrompts(model);
    prompts.formatCriticPrompt(question, 'no');
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    prompts.report();
    expect(write).not.toHaveBeenCalled();
    prompts.formatCriticPrompt(question, long);
    prompts.report();
    expect(write.mock.calls.join()).toContain('1 prompts were longer');
    write.mockRestore();
  });
});

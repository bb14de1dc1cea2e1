import { createGenerator, createRegionTextScorer, type FgamModel } from '@fgam/models';
import { createGroundedCritic, createModelCritic } from '@fgam/rectifier';
import { say } from '../output.js';
import { logitScaleOf, type OpenCritic } from '../quickstart/critics.js';
import { openModel } from '../train/open-model.js';
import { fittedPrompts } from './fitted-prompts.js';

/** The critic that asks the answering model's own region-text similarity. */
export const GROUNDED = 'grounded';

/** Where exp(theta) starts; a scale this near to it was never trained. */
const UNTRAINED_SCALE = 1 / 0.07;
const SCALE_ROUNDING = 0.05;

/** Opens `grounded`, by the answering model's stage 1, or a trained rectification module by its folder. */
export async function openCritic(name: string, model: FgamModel): Promise<OpenCritic> {
  return name === GROUNDED ? openGrounded(model) : openTrained(await openModel(name));
}

function openGrounded(model: FgamModel): OpenCritic {
  const logitScale = logitScaleOf(model);
  if (Math.abs(logitScale - UNTRAINED_SCALE) < SCALE_ROUNDING)
    say('warning: this model has had no region-text training, so the grounded critic has little to go by');
  const scorer = createRegionTextScorer(model, { name: 'stage 1' });
  return {
    critic: createGroundedCritic({ scorer, logitScale }),
    settings: { logitScale },
    dispose: () => scorer.dispose(),
  };
}

function openTrained(model: FgamModel): OpenCritic {
  const generator = createGenerator(model, { name: 'rectification module' });
  const prompts = fittedPrompts(model);
  return {
    critic: createModelCritic({ generator, formatPrompt: prompts.formatCriticPrompt }),
    settings: {},
    dispose: async () => {
      prompts.report();
      await generator.dispose();
    },
  };
}

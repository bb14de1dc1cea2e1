/**
 * Registers gradients with tfjs: its own, which `scripts/bundle-gradients.mjs` makes importable, and over
 * them those of this package.
 */
import './generated/register-gradients.cjs';
import { type GradientTable, registerGradients } from './gradient.js';
import { ACTIVATION } from './gradients/activation.js';
import { ARITHMETIC } from './gradients/arithmetic.js';
import { CONVOLUTION } from './gradients/convolution.js';
import { IMAGE } from './gradients/image.js';
import { INDEXING } from './gradients/indexing.js';
import { MATRIX } from './gradients/matrix.js';
import { MORPHOLOGY } from './gradients/morphology.js';
import { NORMALISATION } from './gradients/normalisation.js';
import { POOLING } from './gradients/pooling.js';
import { REDUCTION } from './gradients/reduction.js';
import { SHAPE } from './gradients/shape.js';
import { STEPS } from './gradients/steps.js';

/** The gradients that tfjs lacks or has wrong. */
export const GRADIENTS: GradientTable = {
  ...ACTIVATION,
  ...ARITHMETIC,
  ...CONVOLUTION,
  ...IMAGE,
  ...INDEXING,
  ...MATRIX,
  ...MORPHOLOGY,
  ...NORMALISATION,
  ...POOLING,
  ...REDUCTION,
  ...SHAPE,
  ...STEPS,
};

registerGradients(GRADIENTS);

import type { KernelTable } from '../kernel.js';
import { ACTIVATION } from './activation.js';
import { BINARY } from './binary.js';
import { CONVOLUTION } from './convolution.js';
import { COUNTING } from './counting.js';
import { CREATION } from './creation.js';
import { FUSED } from './fused.js';
import { IMAGE } from './image.js';
import { INDEXING } from './indexing.js';
import { MORPHOLOGY } from './morphology.js';
import { MATRIX } from './matrix.js';
import { NORMALISATION } from './normalisation.js';
import { POOLING } from './pooling.js';
import { REARRANGEMENT } from './rearrangement.js';
import { REDUCTION } from './reduction.js';
import { SAMPLING } from './sampling.js';
import { SHAPE } from './shape.js';
import { UNARY } from './unary.js';

/** Captured kernels by family, a family a file. */
export const FAMILIES = {
  activation: ACTIVATION,
  binary: BINARY,
  convolution: CONVOLUTION,
  counting: COUNTING,
  creation: CREATION,
  fused: FUSED,
  image: IMAGE,
  indexing: INDEXING,
  matrix: MATRIX,
  morphology: MORPHOLOGY,
  normalisation: NORMALISATION,
  pooling: POOLING,
  rearrangement: REARRANGEMENT,
  reduction: REDUCTION,
  sampling: SAMPLING,
  shape: SHAPE,
  unary: UNARY,
} as const satisfies Readonly<Record<string, KernelTable>>;

/** Every captured kernel. */
export const KERNELS: KernelTable = Object.assign({}, ...Object.values(FAMILIES)) as KernelTable;

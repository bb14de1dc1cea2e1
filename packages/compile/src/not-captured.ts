/** Why a kernel has no capture, and what a program does instead. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

const complex: Refusal = {
  reason: 'complex numbers have no element type in the graph',
  remedy:
    'keep real and imaginary parts as two tensors (a Fourier transform of fixed length is a product with two matrices)',
};

const length: Refusal = {
  reason: "its result's shape depends on data",
  remedy:
    'compute it on the host and pass the result as an input, or mask instead of selecting (tf.where, tf.topk)',
};

const ragged: Refusal = {
  reason: 'ragged tensors have shapes that depend on data',
  remedy: 'pad on the host and pass a dense tensor with a mask',
};

const text: Refusal = {
  reason: 'strings have no element type in the graph',
  remedy: 'process text on the host and pass numbers',
};

const canvas: Refusal = {
  reason: "it reads or writes a browser's pixels",
  remedy: 'decode and draw on the host; pass pixels as an input, return them as a result',
};

const unused = (instead: string): Refusal => ({
  reason: "tfjs has the name, but no function and no backend of tfjs's uses it",
  remedy: instead,
});

/** Kernels of tfjs that are not captured. */
export const NOT_CAPTURED: Readonly<Record<string, Refusal>> = {
  Complex: complex,
  ComplexAbs: complex,
  Draw: canvas,
  FFT: complex,
  FromPixels: canvas,
  IFFT: complex,
  Imag: complex,
  LowerBound: unused('tf.lowerBound runs SearchSorted, which is captured'),
  MatrixBandPart: unused('tf.linalg.bandPart composes captured kernels'),
  Multinomial: {
    reason: 'it draws random numbers, and a captured draw would be the same in every run',
    remedy:
      'pass Gumbel noise -log(-log(u)) as an input, one number a class, and take tf.argMax of log-probabilities plus noise',
  },
  NonMaxSuppressionV3: length,
  NonMaxSuppressionV4: {
    reason: 'the choice of boxes is sequential',
    remedy: 'compute it on the host and pass the indices as an input',
  },
  NonMaxSuppressionV5: length,
  Pool: unused('tf.pool runs MaxPool and AvgPool, which are captured'),
  RaggedGather: ragged,
  RaggedRange: ragged,
  RaggedTensorToTensor: ragged,
  Real: complex,
  SparseFillEmptyRows: length,
  SparseReshape: {
    reason: 'the shape that it computes with is data',
    remedy: 'reshape the indices on the host and pass them as an input',
  },
  SparseSegmentMean: {
    reason: length.reason,
    remedy: 'use tf.gather and tf.unsortedSegmentSum, whose number of segments is an attribute',
  },
  SparseSegmentSum: {
    reason: length.reason,
    remedy: 'use tf.gather and tf.unsortedSegmentSum, whose number of segments is an attribute',
  },
  StaticRegexReplace: text,
  StringNGrams: text,
  StringSplit: text,
  StringToHashBucketFast: text,
  Unique: length,
  UpperBound: unused('tf.upperBound runs SearchSorted, which is captured'),
};

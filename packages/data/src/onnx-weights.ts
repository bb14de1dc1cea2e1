/**
 * Forms of an ONNX export's weights, by the ends of their files' names, as transformers.js has them: `fp32`
 * is `onnx/*.onnx`, `q8` is `onnx/*_quantized.onnx`.
 */
export const ONNX_SUFFIXES = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const;

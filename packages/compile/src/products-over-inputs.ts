import type { OnnxGraph } from './onnx-graph.js';
import { type EmitProduct, rewriteWeightProducts } from './weight-products.js';

/**
 * Makes products with transposed weights that a run is given one Gemm a weight, which reads them as they lie.
 * onnxruntime would write some of them anew in each run: several weights one below the other, which it puts
 * together, and transposed ones beside a sum, which it merges with the product first.
 *
 * @param isConstant - whether an input's value is known beforehand, so that all this is done once
 */
export function productsOverInputs(graph: OnnxGraph, isConstant: (input: string) => boolean): void {
  rewriteWeightProducts(graph, (weights) => {
    if (weights.every(isConstant)) return undefined;
    return weights.map((weight): EmitProduct => {
      return (x, output) => [
        { operator: 'Gemm', inputs: [x, weight], outputs: [output], attributes: { transB: 1 } },
      ];
    });
  });
}

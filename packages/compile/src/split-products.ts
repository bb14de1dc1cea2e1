import type { OnnxGraph } from './onnx-graph.js';
import { type EmitProduct, rewriteWeightProducts } from './weight-products.js';

/**
 * Makes one product with several weights one below the other a product with each, where a run would put the weights together first: that reads and writes all
 * of them once more than the product does.
 *
 * @param isConstant - whether an input's value is known beforehand, so that it is put together once
 */
export function splitProducts(graph: OnnxGraph, isConstant: (input: string) => boolean): void {
  rewriteWeightProducts(graph, (weights) => {
    if (weights.length === 1 || weights.every(isConstant)) return undefined;
    return weights.map((weight): EmitProduct => {
      return (x, output) => {
        const swapped = graph.newValue();
        return [
          { operator: 'Transpose', inputs: [weight], outputs: [swapped], attributes: { perm: [1, 0] } },
          { operator: 'MatMul', inputs: [x, swapped], outputs: [output], attributes: {} },
        ];
      };
    });
  });
}

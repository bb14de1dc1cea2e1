import type * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, KernelCapture, KernelTable } from '../kernel.js';
import { ACTIVATION } from './activation.js';
import { BINARY } from './binary.js';
import { CONVOLUTION } from './convolution.js';
import { reshapedTo } from './layout.js';
import { MATRIX } from './matrix.js';
import type { GraphValue } from '../capture-backend.js';

/** tfjs's names of activations, and the kernels that they are. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** The one result of a kernel's capture, as a value of the graph alone: no tensor is left to dispose. */
function valueOf({ backend }: KernelCall, result: ReturnType<KernelCapture>): GraphValue {
  const tensor = [result].flat()[0] as tf.TensorInfo;
  const value = backend.graphValue(tensor);
  backend.disposeData(tensor.dataId);
  return value;
}

/** The result of another kernel's capture with other inputs. */
function follow(
  call: KernelCall,
  capture: KernelCapture,
  inputs: Readonly<Record<string, GraphValue>>,
): GraphValue {
  const attributes = { ...call.attributes, alpha: call.attributes['leakyreluAlpha'] ?? 0.2 };
  return valueOf(call, capture({ ...call, attributes, input: (name) => inputs[name] as GraphValue }));
}

/** A kernel of the table, then a bias and an activation where they are given; onnxruntime fuses them where it can. */
function fused(table: KernelTable, kernel: string): KernelCapture {
  return (call) => {
    const { backend, input, has, attributes } = call;
    /** A list with an element a channel, for a result with channels first. */
    const perChannel = (value: GraphValue): GraphValue =>
      attributes['dataFormat'] === 'NCHW' && value.shape.length === 1 && value.shape[0] !== 1
        ? reshapedTo(backend, value, [value.shape[0] as number, 1, 1])
        : value;
    let value = valueOf(call, (table[kernel] as KernelCapture)(call));
    if (has('bias')) {
      value = follow(call, BINARY['Add'] as KernelCapture, { a: value, b: perChannel(input('bias')) });
    }
    const activation = ACTIVATIONS[(attributes['activation'] as string | undefined) ?? 'linear'];
    if (activation !== undefined) {
      value = follow(call, ACTIVATION[activation] as KernelCapture, {
        x: value,
        ...(has('preluActivationWeights') ? { alpha: perChannel(input('preluActivationWeights')) } : {}),
      });
    }
    return backend.tensorOf(value.name, value.shape, value.dtype);
  };
}

/** Products and convolutions with a bias and an activation in one kernel of tfjs. */
export const FUSED: KernelTable = {
  _FusedMatMul: fused(MATRIX, 'BatchMatMul'),
  FusedConv2D: fused(CONVOLUTION, 'Conv2D'),
  FusedDepthwiseConv2D: fused(CONVOLUTION, 'DepthwiseConv2dNative'),
};

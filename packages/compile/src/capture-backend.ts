import * as tf from '@tensorflow/tfjs-core';
import { captureError } from './capture-error.js';
import { ONNX_TYPES, OnnxGraph, type OnnxAttribute } from './onnx-graph.js';
import type { TensorType } from './tensors.js';

/** The name under which tfjs knows the backend. */
export const CAPTURE_BACKEND = 'fgam-capture';

/** A value of the graph that is being captured. */
export interface GraphValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: TensorType;
}

/**
 * What a data id stands for: a value of one graph, or numbers that become a constant of a
 * graph when first used there.
 */
interface Entry {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly values?: ArrayLike<number>;
  /** The kernel that made it; none for an input of the graph. */
  readonly kernel?: string | undefined;
  graph?: OnnxGraph;
  name?: string;
}

/** A tfjs backend whose kernels compute nothing and append ONNX nodes to `graph`. */
export class CaptureBackend extends tf.KernelBackend {
  /** The graph that kernels append to. Set for the time of one capture. */
  graph = new OnnxGraph();
  readonly #entries = new Map<object, Entry>();
  #kernel: string | undefined;

  /** Runs a kernel's capture, so that what it makes and what it refuses is known by its name. */
  during<Result>(kernel: string, capture: () => Result): Result {
    const outer = this.#kernel;
    this.#kernel = kernel;
    try {
      return capture();
    } finally {
      this.#kernel = outer;
    }
  }

  /** Appends to another graph for the time of a call. */
  within<Result>(graph: OnnxGraph, append: () => Result): Result {
    const outer = this.graph;
    this.graph = graph;
    try {
      return append();
    } finally {
      this.graph = outer;
    }
  }

  /** The graph's value behind a tensor; numbers become a constant of the graph on first use. */
  graphValue(tensor: tf.TensorInfo): GraphValue {
    const entry = this.#entries.get(tensor.dataId);
    if (entry === undefined) {
      throw captureError(
        'compile/foreign-tensor',
        `${this.#user()}: a tensor [${tensor.shape.join(', ')}] of another backend was used; pass it as an input or a weight, ` +
          'or make it inside the program',
      );
    }
    if (entry.name === undefined || !this.#reaches(entry.graph)) {
      if (entry.values === undefined) {
        throw captureError(
          'compile/foreign-tensor',
          `${this.#user()}: a tensor of another captured program was used; programs share nothing but their inputs and weights`,
        );
      }
      entry.name = this.graph.constant(
        ONNX_TYPES[entry.dtype],
        entry.shape,
        typedValues(entry.values, entry.dtype),
      );
      entry.graph = this.graph;
    }
    return { name: entry.name, shape: tensor.shape, dtype: entry.dtype };
  }

  /** Whether the current graph may read values of a graph: its own, and those of the graphs around it. */
  #reaches(graph: OnnxGraph | undefined): boolean {
    let around: OnnxGraph | undefined = this.graph;
    while (around !== undefined && around !== graph) around = around.parent;
    return around !== undefined;
  }

  /** Who uses a tensor: a kernel, or the program itself where it returns the tensor. */
  #user(): string {
    return this.#kernel === undefined ? 'capture' : `capture: ${this.#kernel}`;
  }

  /** A tensor that stands for a value of the graph. */
  tensorOf(name: string, shape: readonly number[], dtype: TensorType): tf.TensorInfo {
    const dataId = {};
    this.graph.shapes.set(name, shape);
    this.#entries.set(dataId, { name, shape, dtype, graph: this.graph, kernel: this.#kernel });
    return { dataId, shape: [...shape], dtype };
  }

  /** Appends one operation and returns its result as a tensor. */
  emit(
    operator: string,
    inputs: readonly string[],
    shape: readonly number[],
    dtype: TensorType,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): tf.TensorInfo {
    return this.tensorOf(this.graph.addNode(operator, inputs, attributes), shape, dtype);
  }

  /**
   * Appends a product of matrices or a convolution, in half precision where the graph is for that, and
   * returns its result's name.
   */
  product(
    operator: string,
    inputs: readonly string[],
    dtype: TensorType,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    const { graph } = this;
    if (graph.target.precision !== 'mixed' || dtype !== 'float32')
      return graph.addNode(operator, inputs, attributes);
    const halves = inputs.map((name) => graph.addNode('Cast', [name], { to: ONNX_TYPES.float16 }));
    return graph.addNode('Cast', [graph.addNode(operator, halves, attributes)], { to: ONNX_TYPES.float32 });
  }

  /** The name of a value in another element type. */
  cast(value: GraphValue, dtype: TensorType): string {
    if (value.dtype === dtype) return value.name;
    return this.graph.addNode('Cast', [value.name], { to: ONNX_TYPES[dtype] });
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): void {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw captureError(
        'compile/not-captured',
        `capture: expected float32, int32 or bool, got a ${dtype} tensor`,
      );
    }
    this.#entries.set(dataId, { values: values as ArrayLike<number>, shape: [...shape], dtype });
  }

  override read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  /** Numbers that the program itself wrote can be read; results can't, as nothing is computed during capture. */
  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const entry = this.#entries.get(dataId);
    if (entry?.values !== undefined) return entry.values as unknown as tf.backend_util.BackendValues;
    const source = entry?.kernel === undefined ? 'an input or a weight' : `a result of ${entry.kernel}`;
    throw captureError(
      'compile/read-while-capturing',
      `capture: the program reads the value of ${source} (dataSync, arraySync, or a shape or branch that depends on ` +
        'data); nothing is computed while capturing: express the choice with tensors (tf.where), or pass the value as an input',
    );
  }

  /** Drops what is left of a graph: tfjs keeps the tensors of a gradient that failed. */
  forget(graph: OnnxGraph): void {
    for (const [dataId, entry] of this.#entries) if (entry.graph === graph) this.#entries.delete(dataId);
  }

  override disposeData(dataId: tf.DataId): boolean {
    return this.#entries.delete(dataId);
  }

  override numDataIds(): number {
    return this.#entries.size;
  }

  // One tensor owns one entry: reshapes and identities make entries of their own.
  override incRef(): void {}
  decRef(): void {}
  override refCount(): number {
    return 1;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  /** As tfjs's cpu backend in float32. */
  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override dispose(): void {
    this.#entries.clear();
  }
}

function typedValues(values: ArrayLike<number>, dtype: TensorType): ArrayBufferView {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}

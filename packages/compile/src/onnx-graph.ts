import type { CapturedBackend } from './backend.js';
import { bytesOf, type TensorSpec, type TensorType } from './tensors.js';

/** ONNX's numbers of element types. */
export const ONNX_TYPES = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

/** A node's attribute: an integer, a list of integers, a text, a real number, or a graph within the node. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number } | OnnxBody;

/** A graph within a node: what a loop repeats, or a branch of a conditional. */
export interface OnnxBody {
  readonly body: OnnxGraph;
  readonly results: readonly OnnxValue[];
}

/** An operator set beside ONNX's own: onnxruntime's. */
export type OnnxDomain = 'com.microsoft';

/** One operation. */
export interface OnnxNode {
  readonly operator: string;
  /** Of the operator set that the operator is in. Default: ONNX's own. */
  readonly domain?: OnnxDomain | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant that is stored in the graph. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A constant whose bytes lie in another file, or in memory that a session is given. */
export interface ExternalInitializer {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  /** Path from the model's folder. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
  /** Declared as an input with a default too, which no runtime takes for a constant that it may fold, widen or pack. */
  readonly isDefault: boolean;
}

/** A named value of the graph's border. */
export interface OnnxValue extends TensorSpec {
  readonly name: string;
  /** As the graph declares its lengths, where some are known by name alone. Default: `shape`. */
  readonly lengths?: readonly (number | string)[];
}

/** A named input: a loop's body is given the number of the round, which is int64. */
export interface OnnxInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: TensorType | 'int64';
  /** As of `OnnxValue`. */
  readonly lengths?: readonly (number | string)[];
}

/** Constants up to this size are stored once however often they are used. */
const SHARED_BYTES = 512;

/**
 * Precision of a program: all of it in float32, or its products of matrices and convolutions on
 * numbers rounded to float16.
 */
export type Precision = 'float32' | 'mixed';

/** What a graph is for. */
export interface GraphTarget {
  /** The one runtime that runs it, whose own operators it may use. Default: any. */
  readonly runtime?: CapturedBackend;
  /** Default: `float32`. */
  readonly precision?: Precision;
}

/**
 * An ONNX graph that grows node by node, in the order of execution; a loop's body and a conditional's
 * branches are graphs within it.
 */
export class OnnxGraph {
  /** The graph around it, whose values it may read. */
  readonly parent: OnnxGraph | undefined;
  readonly target: GraphTarget;
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  /** Weights in other files. */
  readonly externals: ExternalInitializer[] = [];
  readonly inputs: OnnxInput[] = [];
  /** Shapes of the values that tensors of the program stand for. */
  readonly shapes = new Map<string, readonly number[]>();
  readonly #shared = new Map<string, string>();
  /** Names that are not given to new values: those of the inputs, and reserved ones. */
  readonly #taken: Set<string>;
  /** What the names of its values begin with: a body's differ from those around it. */
  readonly #prefix: string;
  #names = 0;

  /**
   * @param parent - the graph around it. Default: none
   * @param target - what it is for. Default: the parent's, or any runtime
   * @param reserved - names that none of its new values gets. Default: none
   */
  constructor(parent?: OnnxGraph, target = parent?.target ?? {}, reserved: readonly string[] = []) {
    this.parent = parent;
    this.target = target;
    this.#taken = new Set(reserved);
    this.#prefix = parent === undefined ? '' : `${parent.#newName('body')}/`;
  }

  #newName(kind: string): string {
    for (;;) {
      const name = `${this.#prefix}${kind}${this.#names++}`;
      if (!this.#isTaken(name)) return name;
    }
  }

  #isTaken(name: string): boolean {
    return this.#taken.has(name) || (this.parent !== undefined && this.parent.#isTaken(name));
  }

  /** A name that no other value of the graph has. */
  newValue(): string {
    return this.#newName('t');
  }

  /**
   * The shape of a value of this graph or those around it; undefined for one within an operation
   * that several nodes make up.
   */
  shapeOf(name: string): readonly number[] | undefined {
    return this.shapes.get(name) ?? this.parent?.shapeOf(name);
  }

  /** Declares an input of the graph, before any value is made: theirs are other names. */
  addInput(name: string, { shape, dtype }: Omit<OnnxInput, 'name'>): void {
    this.inputs.push({ name, shape, dtype });
    this.#taken.add(name);
  }

  /** Declares an input under a name that no other value of the graph has. */
  addNewInput(spec: Omit<OnnxInput, 'name'>): string {
    const name = this.#newName('in');
    this.addInput(name, spec);
    return name;
  }

  /**
   * Results of the graph: each a value of its own, also where one is an input, a constant, a value of the
   * graph around it, or another result too.
   *
   * @param values - in order
   */
  ownResults(values: readonly OnnxValue[]): OnnxValue[] {
    const free = new Set(this.nodes.flatMap(({ outputs }) => outputs));
    return values.map((value) =>
      free.delete(value.name) ? value : { ...value, name: this.addNode('Identity', [value.name]) },
    );
  }

  /** The names that its nodes read, those within bodies too. */
  namesRead(): Set<string> {
    return new Set([...this.nodes.flatMap((node) => node.inputs), ...this.namesReadInBodies()]);
  }

  /** The names that its loops and conditionals read in their bodies. */
  namesReadInBodies(): string[] {
    return this.nodes.flatMap(bodiesOf).flatMap(namesReadIn);
  }

  /**
   * Drops what none of some values comes from: a runtime would run it all the same, and keep
   * what it reads until then.
   */
  keepOnly(results: readonly string[]): void {
    const wanted = new Set(results);
    const kept: OnnxNode[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!node.outputs.some((name) => wanted.has(name))) continue;
      const bodies = bodiesOf(node);
      for (const { body, results: ofBody } of bodies) body.keepOnly(ofBody.map(({ name }) => name));
      for (const name of [...node.inputs, ...bodies.flatMap(namesReadIn)]) wanted.add(name);
      kept.push(node);
    }
    this.nodes.splice(0, this.nodes.length, ...kept.toReversed());
    const constants = this.initializers.filter(({ name }) => wanted.has(name));
    this.initializers.splice(0, this.initializers.length, ...constants);
  }

  /** The operator sets beside ONNX's own that its nodes are of, those within bodies too. */
  domains(): Set<OnnxDomain> {
    const own = this.nodes.flatMap(({ domain }) => (domain === undefined ? [] : [domain]));
    return new Set([...own, ...this.nodes.flatMap(bodiesOf).flatMap(({ body }) => [...body.domains()])]);
  }

  /** Stores a constant and returns its name. */
  constant(type: number, shape: readonly number[], data: ArrayBufferView): string {
    const bytes = bytesOf(data);
    const key =
      bytes.length <= SHARED_BYTES
        ? `${type}:${shape.join()}:${Buffer.from(bytes).toString('latin1')}`
        : undefined;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.#newName('c');
    this.initializers.push({ name, type, shape, bytes });
    if (key !== undefined) this.#shared.set(key, name);
    return name;
  }

  /** A list of int64 numbers, the form of ONNX's shapes and axes. */
  integers(values: readonly number[]): string {
    return this.constant(ONNX_TYPES.int64, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A scalar of the given type. */
  scalar(value: number, dtype: TensorType): string {
    const data =
      dtype === 'float32'
        ? Float32Array.of(value)
        : dtype === 'int32'
          ? Int32Array.of(value)
          : Uint8Array.of(value);
    return this.constant(ONNX_TYPES[dtype], [], data);
  }

  /** Appends an operation with several results and returns their names. */
  addNodes(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain?: OnnxDomain,
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#newName('t'));
    this.nodes.push({ operator, domain, inputs, outputs, attributes });
    return outputs;
  }

  /** Appends an operation with one result and returns its name. */
  addNode(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.addNodes(operator, inputs, 1, attributes)[0] as string;
  }
}

/** The graphs within a node: what a loop repeats, the branches of a conditional. */
export function bodiesOf({ attributes }: OnnxNode): OnnxBody[] {
  return Object.values(attributes).flatMap((value) =>
    typeof value === 'object' && 'body' in value ? [value] : [],
  );
}

/**
 * The numbers of a list that `OnnxGraph.integers` stored, the form of shapes and places;
 * undefined for other constants.
 */
export function integersOf({ type, shape, bytes }: OnnxInitializer): number[] | undefined {
  if (type !== ONNX_TYPES.int64 || shape.length !== 1) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

/** The nodes of a graph, those within bodies among them. */
export function nodesOf({ nodes }: OnnxGraph): number {
  return nodes.flatMap(bodiesOf).reduce((count, { body }) => count + nodesOf(body), nodes.length);
}

/** The names that a body reads, those around it among them. */
export function namesReadIn({ body, results }: OnnxBody): string[] {
  return [...body.namesRead(), ...results.map(({ name }) => name)];
}

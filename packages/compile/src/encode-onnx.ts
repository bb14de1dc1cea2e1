import protobuf from 'protobufjs/minimal.js';
import { ONNX_TYPES, type OnnxAttribute, type OnnxGraph, type OnnxValue } from './onnx-graph.js';

/** ONNX IR version and operator set that the graphs are written for; reduction axes are inputs from opset 18 on. */
const IR_VERSION = 9;
const OPSET = 18;
/** The version of onnxruntime's own operator set. */
const DOMAIN_VERSION = 1;

type Writer = protobuf.Writer;

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** AttributeProto.AttributeType. */
const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

function message(writer: Writer, field: number, body: (writer: Writer) => void): void {
  writer.uint32((field << 3) | BYTES).fork();
  body(writer);
  writer.ldelim();
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32((field << 3) | BYTES).string(value);
}

function integer(writer: Writer, field: number, value: number): void {
  writer.uint32((field << 3) | VARINT).int64(value);
}

function attribute(writer: Writer, name: string, value: OnnxAttribute): void {
  text(writer, 1, name);
  if (typeof value === 'number') {
    integer(writer, 3, value);
    integer(writer, 20, ATTRIBUTE.int);
  } else if (typeof value === 'string') {
    text(writer, 4, value);
    integer(writer, 20, ATTRIBUTE.string);
  } else if ('float' in value) {
    writer.uint32((2 << 3) | FIXED32).float(value.float);
    integer(writer, 20, ATTRIBUTE.float);
  } else if ('body' in value) {
    message(writer, 6, (body) => graphProto(body, value.body, value.results, name));
    integer(writer, 20, ATTRIBUTE.graph);
  } else {
    for (const item of value) integer(writer, 8, item);
    integer(writer, 20, ATTRIBUTE.ints);
  }
}

function valueInfo(writer: Writer, name: string, type: number, shape: readonly (number | string)[]): void {
  text(writer, 1, name);
  message(writer, 2, (info) =>
    message(info, 1, (tensor) => {
      integer(tensor, 1, type);
      message(tensor, 2, (dims) => {
        for (const length of shape)
          message(dims, 1, (dim) =>
            typeof length === 'number' ? integer(dim, 1, length) : text(dim, 2, length),
          );
      });
    }),
  );
}

/** TensorProto.DataLocation: the bytes are in another file. */
const EXTERNAL = 1;

function textPair(writer: Writer, field: number, key: string, value: string): void {
  message(writer, field, (pair) => {
    text(pair, 1, key);
    text(pair, 2, value);
  });
}

/** A graph as the fields of a GraphProto. */
function graphProto(writer: Writer, graph: OnnxGraph, outputs: readonly OnnxValue[], name: string): void {
  for (const node of graph.nodes) {
    message(writer, 1, (part) => {
      for (const input of node.inputs) text(part, 1, input);
      for (const output of node.outputs) text(part, 2, output);
      text(part, 4, node.operator);
      for (const [key, value] of Object.entries(node.attributes))
        message(part, 5, (w) => attribute(w, key, value));
      if (node.domain !== undefined) text(part, 7, node.domain);
    });
  }
  text(writer, 2, name);
  for (const constant of graph.initializers) {
    message(writer, 5, (part) => {
      for (const length of constant.shape) integer(part, 1, length);
      integer(part, 2, constant.type);
      text(part, 8, constant.name);
      part.uint32((9 << 3) | BYTES).bytes(constant.bytes);
    });
  }
  for (const { name: weight, type, shape, location, offset, length } of graph.externals) {
    message(writer, 5, (part) => {
      for (const dim of shape) integer(part, 1, dim);
      integer(part, 2, type);
      text(part, 8, weight);
      for (const [key, value] of Object.entries({ location, offset, length }))
        textPair(part, 13, key, String(value));
      integer(part, 14, EXTERNAL);
    });
  }
  for (const { name: input, dtype, shape, lengths = shape } of graph.inputs)
    message(writer, 11, (part) => valueInfo(part, input, ONNX_TYPES[dtype], lengths));
  for (const { name: weight, type, shape, isDefault } of graph.externals)
    if (isDefault) message(writer, 11, (part) => valueInfo(part, weight, type, shape));
  for (const { name: output, dtype, shape, lengths = shape } of outputs)
    message(writer, 12, (part) => valueInfo(part, output, ONNX_TYPES[dtype], lengths));
}

function operatorSet(writer: Writer, domain: string, version: number): void {
  message(writer, 8, (set) => {
    text(set, 1, domain);
    integer(set, 2, version);
  });
}

/**
 * A graph as the bytes of an ONNX ModelProto (onnx.proto3, IR version 9, opset 18).
 *
 * @param metadata - texts by name, kept in the model's `metadata_props`
 */
export function encodeOnnx(
  graph: OnnxGraph,
  outputs: readonly OnnxValue[],
  name: string,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const writer = protobuf.Writer.create();
  integer(writer, 1, IR_VERSION);
  text(writer, 2, '@fgam/compile');
  message(writer, 7, (body) => graphProto(body, graph, outputs, name));
  operatorSet(writer, '', OPSET);
  for (const domain of graph.domains()) operatorSet(writer, domain, DOMAIN_VERSION);
  for (const [key, value] of Object.entries(metadata)) textPair(writer, 14, key, value);
  return writer.finish();
}

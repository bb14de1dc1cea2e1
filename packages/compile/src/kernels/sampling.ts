import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES, type OnnxGraph } from '../onnx-graph.js';
import { sizeOf } from '../tensors.js';
import { coordinates } from './coordinates.js';
import { filled } from './creation.js';
import { fillModes } from './fill-modes.js';
import { range, reshapedTo } from './layout.js';

/** Elements of images [batch, height, width, channels] at coordinates that are data. */
interface Sampler {
  /** Values at whole rows and columns, `outside` where there are none. */
  readonly at: (row: string, column: string) => string;
}

/** Reads images at [n, rows, columns] places; `image` is each place's image in the batch, [n, 1, 1]. */
function sampler(
  backend: CaptureBackend,
  images: GraphValue,
  image: string,
  outside: string | undefined,
): Sampler {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const { graph } = backend;
  const { number, of, isWithin } = coordinates(graph);
  const rows = reshapedTo(backend, images, [batch * height * width, channels]);
  const clamped = (name: string, length: number) => of('Min', of('Max', name, number(0)), number(length - 1));
  return {
    at: (row, column) => {
      const first = of('Mul', image, number(height * width));
      const line = of('Add', first, of('Mul', clamped(row, height), number(width)));
      const place = of('Add', line, clamped(column, width));
      const index = graph.addNode('Cast', [place], { to: ONNX_TYPES.int64 });
      const values = graph.addNode('Gather', [rows.name, index], { axis: 0 });
      if (outside === undefined) return values;
      const inside = of('And', isWithin(row, height), isWithin(column, width));
      return of('Where', of('Unsqueeze', inside, graph.integers([3])), values, outside);
    },
  };
}

/** A share of a place, [n, rows, columns], beside channels. */
function share(graph: OnnxGraph, name: string): string {
  const real = graph.addNode('Cast', [name], { to: ONNX_TYPES.float32 });
  return graph.addNode('Unsqueeze', [real, graph.integers([3])]);
}

/** Crops of images, a box of data each, resized to one size. */
const cropAndResize: KernelCapture = ({ backend, input, attributes }) => {
  const [images, boxes, boxInd] = [input('image'), input('boxes'), input('boxInd')];
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const count = boxes.shape[0] as number;
  const [cropHeight, cropWidth] = attributes['cropSize'] as [number, number];
  const shape = [count, cropHeight, cropWidth, channels];
  if (sizeOf(shape) === 0 || sizeOf(images.shape) === 0) return filled(backend, 0, shape, 'float32');
  const { graph } = backend;
  const { number, list, of, isWithin } = coordinates(graph);
  const wide = (name: string) => graph.addNode('Cast', [name], { to: ONNX_TYPES.float64 });
  const corner = (index: number) =>
    of(
      'Unsqueeze',
      wide(graph.addNode('Gather', [boxes.name, graph.integers([index])], { axis: 1 })),
      graph.integers([2]),
    );
  /** Coordinates of a box's places along one axis, [n, 1, 1] where the crop has one place, else beside a list. */
  const placesOf = (start: string, end: string, length: number, crop: number, steps: readonly number[]) => {
    if (crop === 1) return of('Mul', of('Mul', number(0.5), of('Add', start, end)), number(length - 1));
    const span = of('Mul', of('Sub', end, start), number(length - 1));
    const step = of('Div', span, number(crop - 1));
    return of('Add', of('Mul', start, number(length - 1)), of('Mul', list(range(0, crop), steps), step));
  };
  // Both over all places, so that either may be compared with the border.
  const all = list([0], [1, 1, 1]);
  const zeros = of('Expand', all, graph.integers([count, cropHeight, cropWidth]));
  const y = of('Add', placesOf(corner(0), corner(2), height, cropHeight, [1, cropHeight, 1]), zeros);
  const x = of('Add', placesOf(corner(1), corner(3), width, cropWidth, [1, 1, cropWidth]), zeros);
  const isKnown = of(
    'And',
    of('GreaterOrEqual', boxInd.name, graph.scalar(0, 'int32')),
    of('Less', boxInd.name, graph.scalar(batch, 'int32')),
  );
  const known = graph.addNode('Where', [isKnown, boxInd.name, graph.scalar(0, 'int32')]);
  const image = of('Reshape', wide(known), graph.integers([count, 1, 1]));
  const { at } = sampler(backend, images, image, undefined);
  const values =
    attributes['method'] === 'nearest'
      ? at(of('Floor', of('Add', y, number(0.5))), of('Floor', of('Add', x, number(0.5))))
      : between(graph, at, y, x);
  const inside = of('And', isWithin(y, height), isWithin(x, width));
  const extrapolation = graph.scalar(attributes['extrapolationValue'] as number, 'float32');
  const read = of('Where', of('Unsqueeze', inside, graph.integers([3])), values, extrapolation);
  const column = of('Reshape', isKnown, graph.integers([count, 1, 1, 1]));
  return backend.emit('Where', [column, read, graph.scalar(0, 'float32')], shape, 'float32');
};

/** Values between the four places around a point, each by its closeness. */
function between(graph: OnnxGraph, at: Sampler['at'], y: string, x: string): string {
  const { of } = coordinates(graph);
  const [top, bottom, left, right] = [of('Floor', y), of('Ceil', y), of('Floor', x), of('Ceil', x)];
  const [down, across] = [share(graph, of('Sub', y, top)), share(graph, of('Sub', x, left))];
  const mixed = (from: string, to: string, part: string) =>
    of('Add', from, of('Mul', of('Sub', to, from), part));
  const above = mixed(at(top, left), at(top, right), across);
  return mixed(above, mixed(at(bottom, left), at(bottom, right), across), down);
}

/** Images seen through a projection of data: eight numbers an image, or one row for all. */
const projected: KernelCapture = ({ backend, input, attributes }) => {
  const [images, transforms] = [input('image'), input('transforms')];
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const { interpolation, fillMode, fillValue, outputShape } = attributes as {
    interpolation: 'nearest' | 'bilinear';
    fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest';
    fillValue: number;
    outputShape?: [number, number];
  };
  const [outHeight, outWidth] = outputShape ?? [height, width];
  const shape = [batch, outHeight, outWidth, channels];
  if (sizeOf(shape) === 0 || sizeOf(images.shape) === 0) return filled(backend, fillValue, shape, 'float32');
  const { graph } = backend;
  const ops = coordinates(graph);
  const { number, list, of } = ops;
  const wide = graph.addNode('Cast', [transforms.name], { to: ONNX_TYPES.float64 });
  const entry = (index: number) =>
    of(
      'Unsqueeze',
      graph.addNode('Gather', [wide, graph.integers([index])], { axis: 1 }),
      graph.integers([2]),
    );
  const [columns, rows] = [
    list(range(0, outWidth), [1, 1, outWidth]),
    list(range(0, outHeight), [1, outHeight, 1]),
  ];
  const linear = (a: number, b: number) => of('Add', of('Mul', entry(a), columns), of('Mul', entry(b), rows));
  const projection = of('Add', linear(6, 7), number(1));
  const zeros = of('Expand', list([0], [1, 1, 1]), graph.integers([batch, outHeight, outWidth]));
  const coordinate = (a: number, length: number) => {
    const seen = of('Div', of('Add', linear(a, a + 1), entry(a + 2)), projection);
    return of('Add', fillModes(ops, fillMode)(seen, length), zeros);
  };
  const [x, y] = [coordinate(0, width), coordinate(3, height)];
  const image = list(range(0, batch), [batch, 1, 1]);
  const fill = graph.scalar(fillValue, 'float32');
  const { at } = sampler(backend, images, image, fill);
  let values: string;
  if (interpolation === 'nearest') {
    values = at(of('Floor', of('Add', y, number(0.5))), of('Floor', of('Add', x, number(0.5))));
  } else {
    const [top, left] = [of('Floor', y), of('Floor', x)];
    const [bottom, right] = [of('Add', top, number(1)), of('Add', left, number(1))];
    const mixed = (low: string, high: string, toHigh: string, toLow: string) =>
      of('Add', of('Mul', share(graph, toHigh), low), of('Mul', share(graph, toLow), high));
    const [toRight, fromLeft] = [of('Sub', right, x), of('Sub', x, left)];
    const above = mixed(at(top, left), at(top, right), toRight, fromLeft);
    const below = mixed(at(bottom, left), at(bottom, right), toRight, fromLeft);
    values = mixed(above, below, of('Sub', bottom, y), of('Sub', y, top));
  }
  // Points at infinity are outside the image.
  const isFinite = of('Not', of('Equal', of('Add', projection, zeros), number(0)));
  return backend.emit(
    'Where',
    [of('Unsqueeze', isFinite, graph.integers([3])), values, fill],
    shape,
    'float32',
  );
};

/** Images read at places that are data. */
export const SAMPLING: KernelTable = { CropAndResize: cropAndResize, Transform: projected };

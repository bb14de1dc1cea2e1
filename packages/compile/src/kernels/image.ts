import * as tf from '@tensorflow/tfjs-core';
import type { CaptureBackend, GraphValue } from '../capture-backend.js';
import type { KernelCapture, KernelTable } from '../kernel.js';
import { ONNX_TYPES } from '../onnx-graph.js';
import { sizeOf } from '../tensors.js';
import { filled } from './creation.js';
import { gathered, range, reshapedTo } from './layout.js';
import { nearestPlaces, resizeShares } from './resize-shares.js';

/**
 * x [batch, height, width, channels] times a matrix along the height, then one along the
 * width; or their transposes.
 */
function resampled(
  backend: CaptureBackend,
  x: GraphValue,
  size: readonly [number, number],
  matrices: readonly [Float32Array, Float32Array],
): GraphValue {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const { graph } = backend;
  const along = (value: GraphValue, matrix: Float32Array, length: number): GraphValue => {
    const [rows, from, rest] = value.shape as [number, number, number];
    const factor = graph.constant(ONNX_TYPES.float32, [length, from], matrix);
    return {
      name: graph.addNode('MatMul', [factor, value.name]),
      shape: [rows, length, rest],
      dtype: 'float32',
    };
  };
  const down = along(reshapedTo(backend, x, [batch, height, width * channels]), matrices[0], size[0]);
  const across = along(reshapedTo(backend, down, [batch * size[0], width, channels]), matrices[1], size[1]);
  return reshapedTo(backend, across, [batch, ...size, channels]);
}

function transposedMatrix(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  return Float32Array.from(
    matrix,
    (_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)] as number,
  );
}

/** The gradient of a resize gives each share back. tfjs's own backends for JavaScript leave out `halfPixelCenters`. */
function resizeGradient(kind: 'bilinear' | 'nearest'): KernelCapture {
  return ({ backend, input, attributes }) => {
    const [dy, images] = [input('dy'), input('images')];
    const shape = images.shape as [number, number, number, number];
    if (sizeOf(dy.shape) === 0 || sizeOf(shape) === 0) return filled(backend, 0, shape, 'float32');
    const matrix = (axis: 1 | 2) => {
      const output = dy.shape[axis] as number;
      return transposedMatrix(resizeShares(kind, shape[axis], output, attributes), output);
    };
    const result = resampled(backend, dy, [shape[1], shape[2]], [matrix(1), matrix(2)]);
    return backend.tensorOf(result.name, shape, 'float32');
  };
}

/** Rows of the image's [places, channels] at known places, other numbers where the place is not in the image. */
const rotated: KernelCapture = ({ backend, input, attributes }) => {
  const image = input('image');
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const { radians, fillValue, center } = attributes as {
    radians: number;
    fillValue: number | [number, number, number];
    center: number | [number, number];
  };
  if (sizeOf(image.shape) === 0) return filled(backend, 0, image.shape, image.dtype);
  const [centerX, centerY] = tf.backend_util.getImageCenter(center, height, width);
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  const places = range(0, height * width).map((place) => {
    const [x, y] = [(place % width) - centerX, Math.floor(place / width) - centerY];
    const column = Math.round(x * cos - y * sin + centerX);
    const row = Math.round(x * sin + y * cos + centerY);
    return column >= 0 && column < width && row >= 0 && row < height ? row * width + column : -1;
  });
  const { graph } = backend;
  const rows = reshapedTo(backend, image, [batch, height * width, channels]);
  const moved = gathered(
    backend,
    rows,
    1,
    places.map((place) => Math.max(0, place)),
  );
  const isInside = graph.constant(
    ONNX_TYPES.bool,
    [places.length, 1],
    Uint8Array.from(places, (place) => (place < 0 ? 0 : 1)),
  );
  // A colour has no opacity: a fourth channel is opaque.
  const fill = range(0, channels).map((channel) =>
    typeof fillValue === 'number' ? fillValue : channel === 3 ? 255 : (fillValue[channel] ?? 0),
  );
  const data = image.dtype === 'float32' ? Float32Array.from(fill) : Int32Array.from(fill);
  const colour = graph.constant(ONNX_TYPES[image.dtype], [channels], data);
  const name = graph.addNode('Where', [isInside, moved.name, colour]);
  return backend.tensorOf(
    reshapedTo(backend, { ...moved, name }, image.shape).name,
    image.shape,
    image.dtype,
  );
};

/** Resized, cropped, flipped and rotated images. */
export const IMAGE: KernelTable = {
  ResizeBilinear: ({ backend, input, attributes }) => {
    const images = input('images');
    const [batch, , , channels] = images.shape as [number, number, number, number];
    const [newHeight, newWidth] = attributes['size'] as [number, number];
    const shape = [batch, newHeight, newWidth, channels];
    if (sizeOf(shape) === 0) return filled(backend, 0, shape, 'float32');
    const { graph } = backend;
    const { alignCorners, halfPixelCenters } = attributes;
    const mode =
      alignCorners === true ? 'align_corners' : halfPixelCenters === true ? 'half_pixel' : 'asymmetric';
    const inputs = [backend.cast(images, 'float32'), '', '', graph.integers(shape)];
    return backend.emit('Resize', inputs, shape, 'float32', {
      mode: 'linear',
      coordinate_transformation_mode: mode,
    });
  },
  ResizeBilinearGrad: resizeGradient('bilinear'),
  ResizeNearestNeighbor: ({ backend, input, attributes }) => {
    const images = input('images');
    const [, height, width] = images.shape as [number, number, number, number];
    const [newHeight, newWidth] = attributes['size'] as [number, number];
    const down = gathered(backend, images, 1, nearestPlaces(height, newHeight, attributes));
    const across = gathered(backend, down, 2, nearestPlaces(width, newWidth, attributes));
    return backend.tensorOf(across.name, across.shape, images.dtype);
  },
  ResizeNearestNeighborGrad: resizeGradient('nearest'),
  FlipLeftRight: ({ backend, input }) => {
    const image = input('image');
    const result = gathered(backend, image, 2, range(0, image.shape[2] as number).toReversed());
    return backend.tensorOf(result.name, image.shape, image.dtype);
  },
  RotateWithOffset: rotated,
};

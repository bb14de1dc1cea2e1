/** Opens the library alone, lets everything go that nothing refers to, and calls it: prints a graph's inputs. */
import { collectGarbage } from './collect-garbage.test-support.js';
import { encodeOnnx } from './encode-onnx.js';
import { OnnxGraph } from './onnx-graph.js';
import { ortLibrary } from './ort-library.js';

const library = ortLibrary();
for (let i = 0; i < 5; i++) {
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const graph = new OnnxGraph();
graph.addInput('x', { shape: [1], dtype: 'float32' });
const y = { name: graph.addNode('Exp', ['x']), shape: [1], dtype: 'float32' } as const;
const settings = { threads: 1, logLevel: 4, keepsMemory: false, entries: {} };
const session = library?.createSession(encodeOnnx(graph, [y], 'exp'), settings, {
  names: library.textList([]),
  tensors: new BigUint64Array(),
});
console.log('names:', session === undefined ? 'no library' : library?.inputNames(session).join());

/** WebAssembly's memory: it only grows, by pages of 64 kB, and its `buffer` is another one afterwards. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What of WebAssembly is used here: Node has it, but neither `ES2023` nor `@types/node` declares it. */
interface WasmNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Instantiates a module of `src/generated`. `Exports` is what its source in `assembly/` exports. */
export function instantiateWasm<Exports extends { readonly memory: WasmMemory }>(base64: string): Exports {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly;
  return new Instance(new Module(Buffer.from(base64, 'base64'))).exports as Exports;
}

/** Bytes up to `end` in a memory that has been grown to hold them. */
export function reserve(memory: WasmMemory, end: number): Uint8Array {
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  return new Uint8Array(memory.buffer);
}

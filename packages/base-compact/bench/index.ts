import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE_MODEL_FOLDER } from '../src/index.js';

/** A checkpoint has no speed; its size is what there is to measure. */
const { size } = await stat(join(BASE_MODEL_FOLDER, 'model.safetensors'));
const result = { file: 'model.safetensors', bytes: size };
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else console.table(result);

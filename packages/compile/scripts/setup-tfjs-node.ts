/**
 * `npm run setup:tfjs-node [-- --gpu]`: builds tfjs's binding to TensorFlow against the TensorFlow of pip.
 * Its own installation would download TensorFlow 2.9 of 2022, whose CUDA knows no GPU newer than an A100.
 * What was built is tried again, not built again.
 *
 * The folder (see `tfjsNodeFolder`) then holds:
 *
 *     python/          virtual environment with pip's TensorFlow, of which the headers and libraries are used
 *     node_modules/    tfjs-node, installed without its scripts, and its binding
 *     built.json       what was built, once it was tried
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type TfjsNodeBackend, tfjsNodeFolder } from '../src/tfjs-node-folder.js';

const VERSIONS = { tfjs: '4.22.0', tensorflow: '2.21.0', nodeGyp: '11.5.0' };
/** What Debian and its kin call what is needed. */
const DEBIAN = 'apt-get install python3 python3-venv make g++';
const NAPI = 8;

/** What went wrong, in words for the terminal. */
class SetupError extends Error {}

/** What is built. */
interface Target {
  readonly backend: TfjsNodeBackend;
  /** As pip knows TensorFlow. */
  readonly wheel: string;
  /** pip's further options. */
  readonly pip: readonly string[];
}

const CPU: Target = {
  backend: 'tfjs-node',
  wheel: `tensorflow-cpu==${VERSIONS.tensorflow}`,
  // What it depends on are Python's packages.
  pip: ['--no-deps'],
};
const GPU: Target = {
  backend: 'tfjs-node-gpu',
  wheel: `tensorflow[and-cuda]==${VERSIONS.tensorflow}`,
  pip: [],
};

function setUp(target: Target): void {
  const { backend, wheel } = target;
  const folder = resolve(tfjsNodeFolder(backend));
  const stamp = join(folder, 'built.json');
  const built = JSON.stringify({ wheel, ...VERSIONS });
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === built && works(target)) {
    console.log(`${backend} is there: ${folder}`);
    return;
  }
  if (process.platform !== 'linux')
    throw new SetupError(
      `this builds on Linux only; here, npm install @tensorflow/${backend}@${VERSIONS.tfjs}`,
    );
  const python = process.env['PYTHON'] ?? 'python3';
  for (const tool of [python, 'make', process.env['CXX'] ?? 'c++']) needs(tool);
  rmSync(stamp, { force: true });
  mkdirSync(folder, { recursive: true });
  const sitePackages = installTensorflow(target, python, join(folder, 'python'));
  const tfjs = installTfjs(target, folder);
  linkTensorflow(sitePackages, join(tfjs, 'deps'));
  buildBinding(folder, tfjs);
  check(target);
  writeFileSync(stamp, built);
  console.log(`${backend} is ready: ${folder}`);
}

function needs(tool: string): void {
  const { error, status, stderr } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  if (error === undefined && status === 0) return;
  throw new SetupError(
    `needs ${tool}, which does not run (${error?.message ?? lastWords(stderr)}): ${DEBIAN}`,
  );
}

/** @returns the folder that holds `tensorflow` */
function installTensorflow({ wheel, pip }: Target, python: string, venv: string): string {
  const own = join(venv, 'bin', 'python');
  if (!existsSync(own) || spawnSync(own, ['-m', 'pip', '--version']).status !== 0) {
    say('making a virtual environment ...');
    run(`${python} can't make a virtual environment (${DEBIAN})`, python, ['-m', 'venv', '--clear', venv]);
  }
  say(`pip install ${wheel} ...`);
  run(
    `pip can't get ${wheel} for this Python and machine`,
    own,
    ['-m', 'pip', 'install', '--quiet', '--no-input', '--only-binary=:all:', ...pip, wheel],
    { env: { PIP_RETRIES: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', ...process.env } },
  );
  const code = "import sysconfig; print(sysconfig.get_path('platlib'))";
  return run('its Python does not say where packages are', own, ['-c', code]).trim();
}

/** @returns the package's folder */
function installTfjs({ backend }: Target, folder: string): string {
  say(`npm install @tensorflow/${backend}@${VERSIONS.tfjs}, without its scripts ...`);
  const dependencies = { [`@tensorflow/${backend}`]: VERSIONS.tfjs, 'node-gyp': VERSIONS.nodeGyp };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefix',
    folder,
  ];
  run(`npm can't install @tensorflow/${backend}`, 'npm', args, { cwd: folder });
  return join(folder, 'node_modules', '@tensorflow', backend);
}

/** Puts TensorFlow's headers and libraries where binding.gyp and the binding at run time look for them. */
function linkTensorflow(sitePackages: string, deps: string): void {
  const tensorflow = join(sitePackages, 'tensorflow');
  const lib = join(deps, 'lib');
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(lib, { recursive: true });
  const include = join(tensorflow, 'include');
  const cc = join(tensorflow, 'libtensorflow_cc.so.2');
  const framework = join(tensorflow, 'libtensorflow_framework.so.2');
  for (const path of [join(include, 'tensorflow', 'c', 'c_api.h'), cc, framework])
    if (!existsSync(path)) throw new SetupError(`this wheel of TensorFlow has no ${path}`);
  symlinkSync(include, join(deps, 'include'));
  // Under the names that the linker is told, and under those that the libraries have for each other.
  symlinkSync(cc, join(lib, 'libtensorflow.so'));
  symlinkSync(framework, join(lib, 'libtensorflow_framework.so'));
  // CUDA's libraries look for each other, and TensorFlow for them, beside themselves.
  for (const path of [cc, framework, ...cudaLibraries(join(sitePackages, 'nvidia'))])
    symlinkSync(path, join(lib, basename(path)));
}

/** The libraries of `nvidia/<name>/lib`; none without CUDA. */
function cudaLibraries(nvidia: string): string[] {
  if (!existsSync(nvidia)) return [];
  const folders = readdirSync(nvidia).map((name) => join(nvidia, name, 'lib'));
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => basename(path).includes('.so'));
}

function buildBinding(folder: string, tfjs: string): void {
  say('building the binding ...');
  // Node's own headers where they are installed with it; node-gyp downloads them otherwise.
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  run(
    hasHeaders
      ? 'the binding does not build'
      : "the binding does not build, or node-gyp can't get Node's headers",
    process.execPath,
    [
      join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
      'rebuild',
      ...(hasHeaders ? [`--nodedir=${prefix}`] : []),
      '--module_name=tfjs_binding',
      `--module_path=${join(tfjs, 'lib', `napi-v${NAPI}`)}`,
      `--napi_build_version=${NAPI}`,
    ],
    { cwd: tfjs },
  );
}

/** A product and its gradient, by way of `@fgam/compile`; in a process of its own, which a broken binding may end. */
function check({ backend }: Target): void {
  const script = fileURLToPath(new URL('try-tfjs-node.ts', import.meta.url));
  run(`${backend} is built and does not work`, process.execPath, [...process.execArgv, script, backend]);
}

/** Whether what was built before still does; says what is wrong with it. */
function works(target: Target): boolean {
  try {
    check(target);
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`${error.message}\nbuilding it again`);
    return false;
  }
}

/** Runs a program and returns what it wrote. @throws SetupError with the reason and the program's last words */
function run(
  reason: string,
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...options,
  });
  if (status === 0) return stdout;
  const said = error?.message ?? lastWords(stderr.trim() || stdout.trim());
  throw new SetupError(`${reason}: ${said}${signal === null ? '' : ` (ended by ${signal})`}`);
}

/** Lines with an error in them, or else the last ones. */
function lastWords(text: string): string {
  const lines = text.split('\n');
  const errors = lines.filter((line) => /error/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(-5).join('\n');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  const { values } = parseArgs({ options: { gpu: { type: 'boolean', default: false } } });
  setUp(values.gpu ? GPU : CPU);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const isUsage =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (!isUsage && !(error instanceof SetupError)) throw error;
  say(`setup:tfjs-node: ${error.message}${isUsage ? '\nusage: npm run setup:tfjs-node [-- --gpu]' : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}

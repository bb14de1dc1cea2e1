import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../scripts/setup-tfjs-node.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgam-tfjs-node-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the script where no programs are but the given shell scripts. */
function setUp(programs: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, lines] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
    encoding: 'utf8',
    env: { PATH: bin, FGAM_TFJS_NODE: join(folder, 'tfjs-node') },
  });
  return { status, stdout, stderr };
}

const fine = 'exit 0';
/** Makes an environment, by its own means: there are no other programs. Its Python refuses to install anything. */
const pythonWithoutIndex = `
if [ "$2" = venv ]; then
  for venv; do :; done
  /bin/mkdir -p "$venv/bin"
  printf '#!/bin/sh\\n[ "$3" = --version ] && exit 0\\necho "ERROR: No matching distribution found for $*" >&2\\nexit 1\\n' > "$venv/bin/python"
  /bin/chmod +x "$venv/bin/python"
fi`;

describe.skipIf(process.platform !== 'linux')('setup:tfjs-node (builds on Linux)', () => {
  test.each([
    ['python3', { make: fine, 'c++': fine }],
    ['make', { python3: fine, 'c++': fine }],
    ['c++', { python3: fine, make: fine }],
  ])('without %s says so, and what installs it', (missing, programs) => {
    const { status, stdout, stderr } = setUp(programs);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`setup:tfjs-node: needs ${missing}, which does not run`);
    expect(stderr).toMatch(/apt-get install .*python3-venv make g\+\+/);
    expect(existsSync(join(folder, 'tfjs-node'))).toBe(false);
  });

  test('says when Python makes no virtual environment', () => {
    const python3 = '[ "$1" = --version ] || { echo "ensurepip is not available"; exit 1; }';
    const { status, stderr } = setUp({ python3, make: fine, 'c++': fine });
    expect(status).toBe(1);
    expect(stderr).toMatch(/can't make a virtual environment \(apt-get .*\): ensurepip is not available/);
  });

  test.each([
    ['tensorflow-cpu==2.21.0', []],
    ['tensorflow[and-cuda]==2.21.0', ['--gpu']],
  ])('refuses where pip has no %s, in its words', (wheel, args) => {
    const { status, stderr } = setUp({ python3: pythonWithoutIndex, make: fine, 'c++': fine }, ...args);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `setup:tfjs-node: pip can't get ${wheel} for this Python and machine: ERROR: No matching`,
    );
    expect(existsSync(join(folder, 'tfjs-node', args.length === 0 ? 'cpu' : 'gpu', 'built.json'))).toBe(
      false,
    );
  });

  test('another option is a usage error', () => {
    const { status, stderr } = setUp({}, '--cuda');
    expect(status).toBe(2);
    expect(stderr).toContain('usage: npm run setup:tfjs-node [-- --gpu]');
  });
});

import { access } from 'node:fs/promises';

/** Whether a file or folder can be seen from here. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    // Not there, or not for us: what that means is the caller's to say.
    return false;
  }
}

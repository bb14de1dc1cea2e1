/** A name as a folder's or a file's: `base + stage 1` becomes `base-stage-1`. */
export function folderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

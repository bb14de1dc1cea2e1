import { sha256 } from './sha256.js';

/** Profiles of sRGB itself (IEC 61966-2.1, as cameras and programs write it: 3,144 bytes, two versions). */
const SRGB_PROFILES = new Set([
  '2b3aa1645779a9e634744faf9b01e9102b0c9b88fd6deced7934df86b949af7e',
  'a8e4d0dcd76a6ca2dff3aa8dbd251d465bc826836807ec0dbb3e790ff3d54fbf',
]);
const SRGB_PROFILE_BYTES = 3144;
/** Of an APP2 segment that holds a whole profile: its name, then `1 of 1`. */
const ICC_HEADER = Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1');
const [APP2, START_OF_SCAN] = [0xe2, 0xda];

/** True for a JPEG whose colour profile is sRGB's own. False for every other file, also for one without a profile. */
export function isSrgbJpeg(file: Uint8Array): boolean {
  if (file[0] !== 0xff || file[1] !== 0xd8) return false;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  // Segments: 0xff, a marker, the length of what follows with its own two bytes.
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = file[at + 1];
    if (marker === START_OF_SCAN) return false;
    const content = file.subarray(at + 4, at + 2 + view.getUint16(at + 2));
    if (marker !== APP2 || content.length !== ICC_HEADER.length + SRGB_PROFILE_BYTES) continue;
    if (ICC_HEADER.equals(content.subarray(0, ICC_HEADER.length)))
      return SRGB_PROFILES.has(sha256(content.subarray(ICC_HEADER.length)));
  }
  return false;
}

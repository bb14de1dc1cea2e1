import { sha256 } from './sha256.js';

/** Profiles of sRGB itself: IEC 61966-2.1 as cameras and programs write it, 3,144 bytes, two versions. */
const SRGB_PROFILES = new Set([
  '2b3aa1645779a9e634744faf9b01e9102b0c9b88fd6deced7934df86b949af7e',
  'a8e4d0dcd76a6ca2dff3aa8dbd251d465bc826836807ec0dbb3e790ff3d54fbf',
]);

/** True for a colour profile that is sRGB's own. */
export function isSrgbProfile(profile: Uint8Array): boolean {
  return SRGB_PROFILES.has(sha256(profile));
}

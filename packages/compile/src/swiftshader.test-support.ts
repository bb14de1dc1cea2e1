import { existsSync } from 'node:fs';

/**
 * A program that imitates a GPU for whoever asks Vulkan for one; it comes with Debian's
 * Chromium (tools/setup-system).
 */
const FOLDER = '/usr/lib/chromium';

/** How Vulkan is told of it. */
export const ICD = `${FOLDER}/vk_swiftshader_icd.json`;

/** Variables of a process that is to run on it: its driver, and where Vulkan's own library is. */
export const VULKAN = { VK_ICD_FILENAMES: ICD, VK_DRIVER_FILES: ICD, LD_LIBRARY_PATH: FOLDER };

/** Its absence is a named skip; a failure where everything is required. */
export const isSwiftshaderAbsent = !existsSync(ICD) && process.env['FGAM_REQUIRE_ALL'] !== '1';

/**
 * In a folder of shards: what a model said of each image, kept so that the same command goes on, or is run
 * again, without asking twice.
 */
export const CACHE_FOLDER = '.cache';

/** In a folder of shards that are being built: the images of those under way. */
export const IMAGES_FOLDER = '.images';

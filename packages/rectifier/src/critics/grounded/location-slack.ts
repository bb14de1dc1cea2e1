/** A place in words holds for centres this far outside of its cell, as a fraction of the image: boxes are coarse. */
export const LOCATION_SLACK = 0.06;

import { type BoxUnit, iou, parseLocation } from '@fgam/data';

/** A grounding answer is right from this intersection over union (RefCOCO's rule). */
export const RIGHT_IOU = 0.5;

/** Whether a response names a box that is near enough to the true one. */
export function saysBox(response: string, truth: BoxUnit): boolean {
  const said = parseLocation(response);
  return said !== undefined && iou(said, truth) >= RIGHT_IOU;
}

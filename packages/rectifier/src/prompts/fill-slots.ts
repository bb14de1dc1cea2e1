import { escapeSlot } from './escape-slot.js';

/**
 * Fills all slots of a template, such as `{question}`, in one pass, so that a slot's name inside a value
 * stays text; each value is escaped.
 */
export function fillSlots(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (slot, name: string) => {
    const value = values[name];
    return value === undefined ? slot : escapeSlot(value);
  });
}

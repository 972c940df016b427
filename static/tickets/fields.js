/** What the controls of a form hold: what the server gave them, and what was typed or chosen since. */
import { parts } from "./elements.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/** The controls that a person sees.
 *
 * @param {HTMLFormElement} form
 */
export function controlsOf(form) {
  const all = parts(form, "input:not([type=hidden], [type=file]), select, textarea", HTMLElement);
  return /** @type {Control[]} */ (all).filter((control) => control.name);
}

/** @param {Control} control */
export function isTyped(control) {
  if (control instanceof HTMLSelectElement) return control.value !== firstOf(control);
  if (isChoice(control)) return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

/** The values by name. Of radio buttons it is that of the chosen one.
 *
 * @param {HTMLFormElement} form
 */
export function valuesOf(form) {
  const held = controlsOf(form).filter((control) => !isChoice(control) || control.checked);
  return Object.fromEntries(held.map((control) => [control.name, control.value]));
}

/** Names that the form has no more, and choices that a list does not offer, are left out.
 *
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} values
 */
export function fill(form, values) {
  for (const control of controlsOf(form)) {
    const value = values[control.name];
    if (typeof value !== "string") continue;
    if (isChoice(control)) control.checked = control.value === value;
    else if (!(control instanceof HTMLSelectElement) || offers(control, value)) control.value = value;
  }
}

/**
 * @param {HTMLSelectElement} control
 * @param {string} value
 */
export function offers(control, value) {
  return [...control.options].some((option) => option.value === value);
}

/** @param {HTMLSelectElement} control */
function firstOf({ options }) {
  return ([...options].find((option) => option.defaultSelected) ?? options[0])?.value ?? "";
}

/**
 * @param {Control} control
 * @returns {control is HTMLInputElement}
 */
function isChoice(control) {
  return ["radio", "checkbox"].includes(control.type);
}

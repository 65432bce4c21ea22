// Wherever a finger or a mouse goes, the next scan lands in the scan field. Tab still leads to every
// button, and a field in which something is being edited is left alone.
import { at } from "./dom.js";

const EDITING = "dialog[open], #key:not([hidden])";

export function toScanField() {
  if (!document.querySelector(EDITING)) at("code").focus();
}

export function keepFocus() {
  document.addEventListener("click", toScanField);
  window.addEventListener("focus", toScanField);
  // A scanner types while a button has the focus: what it types belongs into the field.
  document.addEventListener("keydown", (event) => {
    const typed = event.key.length === 1 && event.key !== " ";
    if (typed && !event.target.closest("input")) toScanField();
  });
  // Also when what had the focus disappears.
  document.addEventListener("focusout", (event) => {
    if (!event.relatedTarget) setTimeout(() => document.activeElement === document.body && toScanField());
  });
  toScanField();
}

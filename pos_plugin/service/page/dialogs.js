// Dialogs: one at a time, closed by Esc, by their own buttons, or by what they were opened for.
import { at } from "./dom.js";
import { toScanField } from "./focus.js";

export function isOpen(id) {
  return at(id).open;
}

export function openDialog(id, field) {
  if (document.querySelector("dialog[open]")) return false;
  at(id).showModal();
  field?.focus();
  field?.select?.();
  return true;
}

export function closeDialog(id) {
  at(id).close();
}

export function prepareDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    // The focus goes back to where the next scan lands, whatever opened the dialog.
    dialog.addEventListener("close", () => setTimeout(toScanField));
    dialog.addEventListener("click", (event) => {
      if (event.target.closest("[data-close]")) dialog.close();
    });
  }
}

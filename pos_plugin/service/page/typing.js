// Typing a code by finger: the button beside the scan field opens digits when the field is empty.
import { at } from "./dom.js";
import { closeDialog, openDialog } from "./dialogs.js";

export function prepareTyping(scan) {
  at("typing-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = at("typing-field").value;
    closeDialog("typing");
    scan(typed);
  });
}

export function openTyping() {
  at("typing-field").value = "";
  openDialog("typing", at("typing-field"));
}

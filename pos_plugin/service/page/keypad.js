// Digits for fingers, beside a field; the field keeps the focus, so typing goes on at any time.
import { at, button, labelled } from "./dom.js";
import { say, screen } from "./texts.js";

const AMOUNT = ["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", ",", "⌫"];
const CODE = ["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", "*", "⌫"];

export function drawKeypads() {
  for (const pad of document.querySelectorAll(".keypad")) {
    const field = at(pad.dataset.field);
    const keys = pad.dataset.keys === "code" ? CODE : AMOUNT;
    pad.setAttribute("aria-label", say("keypad"));
    pad.replaceChildren(...keys.map((key) => padKey(key, field)));
  }
}

function padKey(key, field) {
  const sign = key === "," && screen.language === "en" ? "." : key;
  const made = button("", sign, () => type(sign, field));
  if (key === "⌫") labelled(made, say("erase"));
  made.tabIndex = -1; // whoever tabs has a keyboard
  // The field keeps its selection: the first digit replaces the amount that was proposed.
  made.addEventListener("pointerdown", (event) => event.preventDefault());
  return made;
}

function type(sign, field) {
  const { selectionStart: from, selectionEnd: to, value } = field;
  const erased = sign === "⌫";
  const start = erased && from === to ? Math.max(0, from - 1) : from;
  const inserted = erased ? "" : sign;
  if (value.length - (to - start) + inserted.length > field.maxLength) return;
  field.setRangeText(inserted, start, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

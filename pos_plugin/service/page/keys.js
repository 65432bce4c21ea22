// The keys of the till: one place says which key does what, for fingers and for the key bar.
// What a browser would do with them (find, search, developer tools) never happens here.
import { at } from "./dom.js";

const FUNCTION_KEYS = ["F2", "F3", "F4", "F6", "F7", "F8", "F9", "F12"];
const WHILE_EMPTY = ["ArrowUp", "ArrowDown", "+", "-"]; // while something is typed they edit it

// `actions` by key. `inDialog` answers true for the keys that a dialog keeps for itself.
export function listenToKeys(actions, { inDialog }) {
  document.addEventListener(
    "keydown",
    (event) => {
      const { key } = event;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (FUNCTION_KEYS.includes(key)) {
        event.preventDefault();
        if (!event.repeat && !inDialog(key)) actions[key]();
      } else if (!document.querySelector("dialog[open]")) {
        plainKey(event, actions);
      }
    },
    { capture: true },
  );
  at("functions").addEventListener("click", (event) => {
    const { key } = event.target.closest("button")?.dataset ?? {};
    if (key) actions[key]();
  });
}

function plainKey(event, actions) {
  const field = event.target.closest("input");
  if (field && field.id !== "code") return;
  const free = !field?.value;
  if (event.key === "Escape" || (free && WHILE_EMPTY.includes(event.key))) {
    event.preventDefault();
    actions[event.key]();
  }
}

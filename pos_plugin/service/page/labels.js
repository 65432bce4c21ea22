// The fixed words of the page: what stands in the HTML under data-say.
import { say } from "./texts.js";

export function drawLabels() {
  const each = (name, put) => {
    for (const one of document.querySelectorAll(`[data-${name}]`)) {
      put(one, say(one.getAttribute(`data-${name}`)));
    }
  };
  each("say", (one, text) => {
    one.textContent = text;
  });
  each("say-label", (one, text) => one.setAttribute("aria-label", text));
  each("say-placeholder", (one, text) => {
    one.placeholder = text;
  });
}

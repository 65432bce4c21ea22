// One line under the scan field: what was just scanned, or what the cashier should know.
import { at } from "./dom.js";

export function tell(text, warn = false) {
  at("message-text").textContent = text;
  at("message").classList.toggle("warn", warn);
}

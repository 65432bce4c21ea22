// An article nobody can look up while the service is away: the price is on its label.
import { at } from "./dom.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { readMoney } from "./format.js";
import { say } from "./texts.js";

let answered = null;

export function prepareAskPrice() {
  at("price-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const minor = readMoney(at("price-field").value);
    if (minor === null) {
      at("price-text").textContent = say("noAmount");
      return;
    }
    answered?.(minor);
    closeDialog("price");
  });
  at("price").addEventListener("close", () => answered?.(null));
}

// The price of one piece in cents, or null when the cashier gave up.
export function askPrice(code) {
  at("price-why").textContent = say("priceWhy", { code });
  at("price-field").value = "";
  at("price-text").textContent = "";
  if (!openDialog("price", at("price-field"))) return Promise.resolve(null);
  return new Promise((done) => {
    answered = done;
  });
}

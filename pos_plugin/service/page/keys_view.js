// The key bar and the colour of training: what can be done now.
import { at } from "./dom.js";
import { canHandOver } from "./notices.js";
import { payable } from "./payout.js";
import { sale, selectedCode, selectedLine } from "./sale.js";
import { canPrintStatement } from "./statement.js";
import { say } from "./texts.js";

export function drawKeys() {
  const done = Boolean(sale.receipt);
  const line = done ? null : selectedLine();
  const able = {
    F3: !done,
    F4: !done && Boolean(line ?? selectedCode()),
    F6: canPrintStatement(),
    F7: Boolean(payable()),
    F8: canHandOver(),
    F12: done || sale.lines.length > 0,
    "+": Boolean(line),
    "-": Boolean(line && line.pieces > 1),
  };
  for (const button of at("functions").children) {
    button.disabled = able[button.dataset.key] === false;
  }
  at("main-key-text").textContent = say(done ? "newSale" : "keyPay");
}

export function drawTraining() {
  document.body.classList.toggle("in-training", sale.training);
  at("training").setAttribute("aria-checked", String(sale.training));
  at("training-band").hidden = !sale.training;
}

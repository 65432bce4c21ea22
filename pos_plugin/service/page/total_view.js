// The sums, the big total, and the line that says what is nearly reached.
import { rest_minor, tenderVouchers } from "./checkout.js";
import { at, element } from "./dom.js";
import { count, money } from "./format.js";
import { pieces } from "./sale.js";
import { say } from "./texts.js";

export function sumRows(sale) {
  const answer = sale.answer ?? { gross_minor: 0, discount_minor: 0, effects: [] };
  const rows = [[say("gross"), money(answer.gross_minor)]];
  if (answer.discount_minor) rows.push([say("saved"), `−${money(answer.discount_minor)}`, "saved"]);
  for (const one of answer.effects.filter(({ kind }) => kind === "price_reduction_voucher")) {
    rows.push([codeName(one), `−${money(one.discount_minor)}`, "saved"]);
  }
  for (const one of tenderVouchers()) rows.push([codeName(one), `−${money(one.amount_minor)}`]);
  return rows;
}

const codeName = ({ code }) => `${say("voucherTender")} …${code.slice(-5)}`;

export function drawSums(list, rows) {
  const parts = rows.flatMap(([name, value, className]) => [
    element("dt", className, name),
    element("dd", className, value),
  ]);
  list.replaceChildren(...parts);
}

export function drawTotal(sale) {
  drawSums(at("sums"), [[say("pieces"), count(pieces())], ...sumRows(sale)]);
  const { label, minor } = due(sale);
  at("due-label").textContent = label;
  at("due").textContent = money(minor);
  at("price-kind").hidden = !sale.answer?.late;
  drawNearMiss(sale);
}

// After the sale the change is what the hands need; before it, what is left to pay.
function due(sale) {
  if (sale.receipt && sale.change_minor > 0) {
    return { label: say("change"), minor: sale.change_minor };
  }
  if (sale.receipt) return { label: say("paid"), minor: sale.receipt.total_minor };
  return { label: say(tenderVouchers().length ? "rest" : "due"), minor: rest_minor() };
}

function drawNearMiss(sale) {
  const kinds = ["free_item_offer", "near_miss"];
  const near = sale.receipt ? null : sale.answer?.effects.find(({ kind }) => kinds.includes(kind));
  at("near-miss").hidden = !near;
  at("near-miss").textContent = near?.text ?? "";
}

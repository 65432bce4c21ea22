// The receipt on the screen: what was charged, with every discount and its reason.
import { tenderVouchers } from "./checkout.js";
import { at, element } from "./dom.js";
import { count, day, moment, money, percent } from "./format.js";
import { grossOf, onLine, onReceipt } from "./reasons.js";
import { say } from "./texts.js";

export function drawReceipt(sale, place) {
  const { receipt } = sale;
  const paper = new Paper();
  if (sale.training) paper.middle(say("trainingOn"), "loud");
  paper.head(place);
  paper.middle(moment(receipt.completed_at));
  paper.middle(say("receipt", { id: receipt.sale_id.slice(0, 8) }));
  if (sale.panel) paper.middle(sale.panel.name);
  paper.rule();
  drawSold(paper, sale);
  paper.rule();
  drawPaid(paper, sale);
  paper.rule();
  drawThanks(paper, sale);
  at("receipt").replaceChildren(...paper.parts);
}

class Paper {
  parts = [];

  head(text) {
    this.parts.push(element("h2", "", text));
  }

  middle(text, className = "") {
    this.parts.push(element("p", `middle ${className}`, text));
  }

  rule() {
    this.parts.push(element("hr", ""));
  }

  row(left, right, className = "") {
    const sides = [element("span", "", left), element("span", "", right)];
    this.parts.push(element("div", `sides ${className}`, ...sides));
  }
}

function drawSold(paper, sale) {
  for (const line of sale.lines) {
    const times = line.pieces === 1 ? "" : `${count(line.pieces)} × `;
    paper.row(times + line.name, money(grossOf(sale, line)));
    for (const [text, minor] of onLine(sale, line)) paper.row(text, `−${money(minor)}`, "reason");
  }
  for (const [text, minor] of onReceipt(sale)) paper.row(text, `−${money(minor)}`);
}

function drawPaid(paper, sale) {
  const { receipt, answer } = sale;
  paper.row(say("gross"), money(receipt.gross_minor));
  if (receipt.discount_minor) paper.row(say("saved"), `−${money(receipt.discount_minor)}`);
  for (const one of answer.effects.filter(({ kind }) => kind === "price_reduction_voucher")) {
    paper.row(`${say("voucherTender")} …${one.code.slice(-5)}`, `−${money(one.discount_minor)}`);
  }
  paper.row(say("due"), money(receipt.total_minor), "sum");
  let left_minor = receipt.total_minor;
  for (const { code, amount_minor } of tenderVouchers()) {
    left_minor -= amount_minor;
    paper.row(`${say("voucherTender")} …${code.slice(-5)}`, money(amount_minor));
  }
  if (left_minor && sale.tender) paper.row(say(sale.tender), money(sale.given_minor ?? left_minor));
  if (sale.change_minor) paper.row(say("change"), money(sale.change_minor));
}

function drawThanks(paper, sale) {
  const { receipt, answer } = sale;
  for (const { vat_rate_bp, paid_minor } of answer.vat) {
    const tax = paid_minor - Math.round((paid_minor * 10_000) / (10_000 + vat_rate_bp));
    if (vat_rate_bp) paper.row(say("vat", { rate: percent(vat_rate_bp) }), money(tax));
  }
  for (const { kind, text } of receipt.effects) {
    if (kind === "receipt_text") paper.middle(text);
  }
  if (receipt.waits) paper.middle(say("waitsReceipt"), "loud");
  for (const effect of receipt.effects) {
    if (effect.kind !== "issue_voucher") continue;
    paper.rule();
    const values = { benefit: effect.benefit, day: day(effect.valid_to_on) };
    paper.middle(say("newVoucher", values));
  }
}

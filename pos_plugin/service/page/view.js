// Draws the sale. Everything that comes from outside goes in as text, never as HTML.
import { day, moment, money, percent, program, say, words } from "./texts.js";

export const at = (id) => document.getElementById(id);

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function button(className, text, title, action) {
  const made = element("button", className, text);
  made.type = "button";
  made.title = title;
  made.setAttribute("aria-label", title);
  made.addEventListener("click", action);
  return made;
}

// What promotions give, name by name: on one line those of the article layer, which change the
// price of single pieces; below all lines those of the receipt and customer layers.
function reasons(sale, counts) {
  const given = new Map();
  for (const line of sale.answer?.lines ?? []) {
    for (const one of line.discounts) {
      if (!counts(line, one)) continue;
      given.set(one.promotion, (given.get(one.promotion) ?? 0) + one.discount_minor);
    }
  }
  const labels = new Map(sale.answer?.promotions.map((one) => [one.promotion, one.label]));
  return [...given].map(([promotion, minor]) => [words(labels.get(promotion), promotion), minor]);
}

function onLine(sale, { id }) {
  return reasons(sale, (line, one) => line.line_id === id && one.layer === "article");
}

function onReceipt(sale) {
  return reasons(sale, (_, one) => one.layer !== "article");
}

function grossOf(sale, { id }) {
  return sale.answer?.lines.find((one) => one.line_id === id)?.gross_minor ?? 0;
}

export function drawLines(sale, { dropLine, dropCode }) {
  const rows = sale.lines.map((line) => {
    const gross_minor = grossOf(sale, line);
    const given = onLine(sale, line);
    const name = element("div", "", element("span", "name", line.name));
    name.append(element("span", "sku", line.facts.sku));
    const price = element("div", "price");
    if (given.length) price.append(element("s", "", money(gross_minor)));
    price.append(money(given.reduce((left, [, minor]) => left - minor, gross_minor)));
    for (const [text, minor] of given) {
      name.append(element("span", "reason", text, element("b", "", `−${money(minor)}`)));
    }
    return element(
      "li",
      "",
      element("span", "quantity", `${line.pieces} ×`),
      name,
      price,
      button("drop", "×", say("drop"), () => dropLine(line.id)),
    );
  });
  rows.at(-1)?.classList.add("last");
  rows.push(...sale.codes.map((code) => codeRow(sale, code, dropCode)));
  for (const [text, minor] of onReceipt(sale)) {
    const name = element("div", "", element("span", "name", text));
    rows.push(element("li", "whole", name, element("div", "price", `−${money(minor)}`)));
  }
  if (!rows.length) {
    rows.push(element("li", "empty", element("strong", "", say("emptyTitle")), say("empty")));
  }
  at("lines").replaceChildren(...rows);
  at("lines").lastElementChild.scrollIntoView({ block: "nearest" });
}

function codeRow(sale, code, drop) {
  const refused = sale.answer?.effects.find((one) => one.kind === "rejected" && one.code === code);
  const name = element("div", "", element("span", "name", say("voucher")));
  name.append(element("span", "sku", `…${code.slice(-5)}`));
  name.append(element("span", "reason", refused ? refused.text : say("voucherWorks")));
  const dropper = button("drop", "×", say("drop"), () => drop(code));
  const className = refused ? "voucher refused" : "voucher";
  const pieces = element("span", "quantity", "1 ×");
  return element("li", className, pieces, name, element("span"), dropper);
}

export function drawTotal(sale) {
  const answer = sale.answer ?? { gross_minor: 0, discount_minor: 0, total_minor: 0 };
  const pieces = sale.lines.reduce((sum, line) => sum + line.pieces, 0);
  const sums = [
    element("dt", "", say("pieces")),
    element("dd", "", String(pieces)),
    element("dt", "", say("gross")),
    element("dd", "", money(answer.gross_minor)),
  ];
  if (answer.discount_minor) {
    sums.push(element("dt", "saved", say("saved")));
    sums.push(element("dd", "saved", `−${money(answer.discount_minor)}`));
  }
  at("sums").replaceChildren(...sums);
  at("due-label").textContent = say(sale.receipt ? "paid" : "due");
  at("due").textContent = money(sale.receipt?.total_minor ?? answer.total_minor);
}

export function drawCustomer(sale, drop) {
  const { panel } = sale;
  if (!panel) {
    at("customer").replaceChildren(element("p", "nobody", say("nobody")));
    return;
  }
  const who = element("div", "who", element("div", "name", panel.name));
  if (!sale.receipt) who.append(button("drop", "×", say("drop"), drop));
  const rows = element("dl", "");
  const row = (left, ...right) =>
    rows.append(element("dt", "", left), element("dd", "", ...right));
  if (panel.group) row(say("group"), panel.group);
  if (panel.instant_discount_bp) row(say("instant"), `${percent(panel.instant_discount_bp)} %`);
  for (const balance of panel.balances) {
    const shown = (value) => (balance.unit === "EUR_MINOR" ? money(value) : String(value));
    const soon = sale.receipt ? null : earnedNow(sale, balance.program);
    const more = soon ? [element("em", "", `+${shown(soon)}`)] : [];
    row(program(balance.program), shown(balance.value), ...more);
  }
  const parts = [who, element("div", "small", `${say("number")} ${panel.number}`), rows];
  if (panel.birthday_on) {
    parts.push(element("div", "birthday", say("birthday", { day: day(panel.birthday_on) })));
  }
  for (const voucher of panel.vouchers) {
    const text = say("until", { day: day(voucher.valid_to_on) });
    parts.push(element("div", "ticket", element("strong", "", voucher.benefit), text));
  }
  const { synced_at } = panel;
  const asOf = synced_at ? say("asOf", { at: moment(synced_at) }) : say("noAsOf");
  parts.push(element("p", "small", asOf));
  at("customer").replaceChildren(...parts);
}

function earnedNow(sale, code) {
  return sale.answer?.earned.find((one) => one.account === code)?.amount ?? 0;
}

// The receipt on the screen: what was charged, with every discount and its reason.
export function drawReceipt(sale, place) {
  const { receipt, answer } = sale;
  const paper = [];
  const row = (left, right, className = "") => {
    const parts = [element("span", "", left), element("span", "", right)];
    paper.push(element("div", `row ${className}`, ...parts));
  };
  paper.push(element("h1", "", place));
  paper.push(element("div", "middle", moment(receipt.completed_at)));
  paper.push(element("div", "middle", say("receipt", { id: receipt.sale_id.slice(0, 8) })));
  if (sale.panel) paper.push(element("div", "middle", sale.panel.name));
  paper.push(element("hr"));
  for (const line of sale.lines) {
    const count = line.pieces > 1 ? `${line.pieces} × ` : "";
    row(count + line.name, money(grossOf(sale, line)));
    for (const [text, minor] of onLine(sale, line)) row(text, `−${money(minor)}`, "reason");
  }
  for (const [text, minor] of onReceipt(sale)) row(text, `−${money(minor)}`);
  paper.push(element("hr"));
  row(say("gross"), money(receipt.gross_minor));
  if (receipt.discount_minor) row(say("saved"), `−${money(receipt.discount_minor)}`);
  row(say("due"), money(receipt.total_minor), "sum");
  row(say(sale.tender), money(receipt.total_minor));
  paper.push(element("hr"));
  for (const { vat_rate_bp, paid_minor } of answer.vat) {
    const tax = paid_minor - Math.round((paid_minor * 10_000) / (10_000 + vat_rate_bp));
    if (vat_rate_bp) row(say("vat", { rate: percent(vat_rate_bp) }), money(tax));
  }
  for (const { account, amount } of receipt.earned) {
    const unit = sale.panel?.balances.find((one) => one.program === account)?.unit;
    row(program(account), `+${unit === "EUR_MINOR" ? money(amount) : amount}`);
  }
  for (const effect of receipt.effects) {
    if (effect.kind !== "issue_voucher") continue;
    const values = { benefit: effect.benefit, day: day(effect.valid_to_on) };
    paper.push(element("hr"), element("div", "middle", say("newVoucher", values)));
  }
  at("receipt").replaceChildren(...paper);
}

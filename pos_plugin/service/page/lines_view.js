// The rows of the sale: articles with struck prices and reasons, codes with what they do.
import { at, element } from "./dom.js";
import { count, money } from "./format.js";
import { grossOf, ofCode, onLine, onReceipt, worth_minor } from "./reasons.js";
import { say } from "./texts.js";

export function drawLines(sale, select) {
  const rows = sale.lines.map((line) => lineRow(sale, line));
  rows.push(...sale.codes.map((one) => codeRow(sale, one)));
  for (const row of rows) markRow(row, sale.selected, select);
  for (const [text, minor] of onReceipt(sale)) {
    const name = element("div", "", element("span", "name", text));
    rows.push(element("li", "whole", name, element("div", "price", `−${money(minor)}`)));
  }
  for (const row of rows.filter((one) => !one.id)) row.setAttribute("role", "presentation");
  if (!rows.length) {
    const empty = element("li", "empty", element("strong", "", say("emptyTitle")), say("empty"));
    empty.setAttribute("role", "presentation");
    rows.push(empty);
  }
  at("lines").replaceChildren(...rows);
  const selected = sale.selected && at(sale.selected);
  selected?.scrollIntoView({ block: "nearest" });
  if (selected) at("code").setAttribute("aria-activedescendant", sale.selected);
  else at("code").removeAttribute("aria-activedescendant");
}

function markRow(row, selected, select) {
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", String(row.id === selected));
  row.addEventListener("click", () => select(row.id));
}

function lineRow(sale, line) {
  const gross_minor = grossOf(sale, line);
  const given = onLine(sale, line);
  const name = element("div", "", element("span", "name", line.name));
  name.append(element("span", "sku", line.facts.sku));
  for (const [text, minor] of given) {
    name.append(element("span", "reason", text, element("b", "", `−${money(minor)}`)));
  }
  const price = element("div", "price");
  if (given.length) price.append(element("s", "", money(gross_minor)));
  price.append(money(given.reduce((left, [, minor]) => left - minor, gross_minor)));
  const row = element("li", "row", element("span", "quantity", `${count(line.pieces)} ×`), name, price);
  row.id = `line-${line.id}`;
  return row;
}

function codeRow(sale, one) {
  const { text, refused, effect } = ofCode(sale, one);
  const name = element("div", "", element("span", "name", say("voucher")));
  name.append(element("span", "sku", `…${one.code.slice(-5)}`), element("span", "reason", text));
  const price = element("div", "price", effect ? `−${money(worth_minor(effect))}` : "");
  const sign = element("span", "quantity", refused ? "!" : "✓");
  const row = element("li", refused ? "row voucher refused" : "row voucher", sign, name, price);
  row.id = `code-${one.code}`;
  return row;
}

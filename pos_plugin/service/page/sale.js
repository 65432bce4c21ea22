// The open sale: the till's own basket, sent whole whenever something changed.
// It is kept in the browser's session, so a reload of the page loses nothing.
import * as api from "./api.js";

const KEPT = "stammkunde.sale";

function fresh() {
  return {
    id: crypto.randomUUID(),
    at: null, // the first scan: decides validity and happy hours
    generation: 0,
    card: null,
    customer: null, // sent back exactly as the scan gave it
    panel: null,
    codes: [],
    lines: [],
    answer: null,
    receipt: null,
    tender: null,
  };
}

export let sale = restored();

function restored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? fresh();
  } catch {
    return fresh();
  }
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(sale));
}

export function begin() {
  sale = fresh();
  keep();
}

// Local time with its offset: the wall clock of the shop.
function now() {
  const at = new Date();
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

// Takes what a code was found to be; returns false when it changed nothing.
export function take(found, pieces) {
  if (sale.receipt) begin();
  sale.at ??= now();
  if (found.kind === "card") {
    Object.assign(sale, { card: found.code, customer: found.customer, panel: found.panel });
  } else if (found.kind === "voucher") {
    if (sale.codes.includes(found.code)) return false;
    sale.codes.push(found.code);
  } else {
    addPieces(found.line, pieces);
  }
  return true;
}

function addPieces({ name, ...facts }, pieces) {
  const same = sale.lines.find(
    (line) => line.facts.sku === facts.sku && line.facts.unit_price_minor === facts.unit_price_minor,
  );
  if (same) {
    same.pieces += pieces;
    sale.lines.push(...sale.lines.splice(sale.lines.indexOf(same), 1));
    return;
  }
  const highest = Math.max(0, ...sale.lines.map((line) => Number(line.id)));
  sale.lines.push({ id: String(highest + 1), name, pieces, facts });
}

export function dropLine(id) {
  sale.lines = sale.lines.filter((line) => line.id !== id);
}

export function dropCode(code) {
  sale.codes = sale.codes.filter((one) => one !== code);
}

export function dropCustomer() {
  Object.assign(sale, { card: null, customer: null, panel: null });
}

function snapshot() {
  const value = {
    sale_id: sale.id,
    at: sale.at ?? now(),
    codes: sale.codes.map((code) => ({ code })),
    lines: sale.lines.map(({ id, pieces, facts }) => ({
      ...facts,
      line_id: id,
      quantity_milli: pieces * 1000,
    })),
  };
  if (sale.customer) value.customer = sale.customer;
  if (sale.generation) value.generation = sale.generation;
  if (sale.tender) value.tenders = [sale.tender];
  return value;
}

export async function evaluate() {
  keep();
  sale.answer = await api.evaluate(snapshot());
  sale.generation = sale.answer.generation;
  keep();
}

// Charges exactly what the plugin answered for this tender. Sent twice, it is booked once.
export async function pay(tender) {
  sale.tender = tender;
  await evaluate();
  const { evaluation_id, total_minor } = sale.answer;
  const completion = {
    evaluation_id,
    total_minor,
    tenders: [{ tender, amount_minor: total_minor }],
  };
  sale.receipt = await api.complete(sale.id, completion);
  keep();
}

// Balances after the purchase; the card may be unknown by now, then the old panel stays.
export async function lookAgain() {
  if (!sale.card) return;
  const found = await api.scan(sale.card);
  if (found.panel) sale.panel = found.panel;
  keep();
}

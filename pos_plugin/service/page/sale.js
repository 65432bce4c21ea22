// The open sale: the till's own basket, sent whole whenever something changed.
// It is kept in the browser's session, so a reload of the page loses nothing.
import { wallClock } from "./format.js";
import { quantityMilli } from "./list_price.js";

const KEPT = "stammkunde.sale";

function fresh() {
  return {
    id: crypto.randomUUID(),
    at: null, // the first scan: decides validity and happy hours
    generation: 0,
    training: false,
    customer: null, // sent back exactly as the scan gave it
    panel: null,
    codes: [], // {code, amount_minor?}
    lines: [], // {id, name, pieces, facts}
    selected: null, // key of the row that F4, + and - mean
    answer: null,
    receipt: null,
    tender: null,
    given_minor: null,
    change_minor: null,
  };
}

export let sale = restored();

function restored() {
  try {
    return { ...fresh(), ...JSON.parse(sessionStorage.getItem(KEPT)) };
  } catch {
    return fresh();
  }
}

export function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(sale));
}

export function begin() {
  sale = { ...fresh(), training: sale.training };
  keep();
}

export function become(other) {
  sale = { ...fresh(), ...other };
  keep();
}

export function isEmpty() {
  return Boolean(sale.receipt) || !(sale.lines.length || sale.codes.length || sale.customer);
}

export const pieces = () => sale.lines.reduce((sum, line) => sum + line.pieces, 0);

// Rows are what the arrows walk over: lines first, then codes.
const lineKey = (line) => `line-${line.id}`;
const codeKey = (one) => `code-${one.code}`;

export function rowKeys() {
  return [...sale.lines.map(lineKey), ...sale.codes.map(codeKey)];
}

export const selectedLine = () => sale.lines.find((line) => lineKey(line) === sale.selected);
export const selectedCode = () => sale.codes.find((one) => codeKey(one) === sale.selected);

export function select(key) {
  sale.selected = key;
  keep();
}

export function selectBy(step) {
  const keys = rowKeys();
  const place = keys.indexOf(sale.selected) + step;
  if (keys.length) select(keys[Math.min(Math.max(place, 0), keys.length - 1)]);
}

// Takes what a code was found to be; returns false when it changed nothing.
export function take(found, count) {
  if (sale.receipt) begin();
  sale.at ??= wallClock();
  if (found.kind === "card") {
    takeCustomer(found);
  } else if (found.kind === "voucher") {
    sale.selected = codeKey(found);
    if (sale.codes.some((one) => one.code === found.code)) return false;
    sale.codes.push({ code: found.code });
    // A personal barcode names its customer; one who is set already stays.
    if (found.customer && !sale.customer) takeCustomer(found);
  } else {
    addPieces(found.line, count);
  }
  return true;
}

export function takeCustomer({ customer, panel }) {
  if (sale.receipt) begin();
  sale.at ??= wallClock();
  Object.assign(sale, { customer, panel });
}

function addPieces({ name, ...facts }, count) {
  const same = sale.lines.find(
    (line) => line.facts.sku === facts.sku && line.facts.unit_price_minor === facts.unit_price_minor,
  );
  if (same) {
    same.pieces += count;
    sale.lines.push(...sale.lines.splice(sale.lines.indexOf(same), 1));
  } else {
    // Kept pieces of an approval bring ids that are no numbers, other programs some that no number
    // here can count on: 9007199254740993 + 1 is 9007199254740992.
    const counted = sale.lines.filter(({ id }) => /^\d{1,9}$/.test(id)).map(({ id }) => Number(id));
    sale.lines.push({ id: String(Math.max(0, ...counted) + 1), name, pieces: count, facts });
  }
  sale.selected = lineKey(sale.lines.at(-1));
}

// One piece more or fewer; the last one goes with F4 only, so nobody voids a line by mistake.
export function changePieces(line, step) {
  line.pieces = Math.max(1, line.pieces + step);
}

// Takes the selected row out; the selection moves on to the row that takes its place.
export function dropSelected() {
  const keys = rowKeys();
  const place = keys.indexOf(sale.selected);
  sale.lines = sale.lines.filter((line) => lineKey(line) !== sale.selected);
  sale.codes = sale.codes.filter((one) => codeKey(one) !== sale.selected);
  const left = rowKeys();
  sale.selected = left[Math.min(place, left.length - 1)] ?? null;
}

export function dropCustomer() {
  Object.assign(sale, { customer: null, panel: null });
}

export function snapshot() {
  const value = {
    sale_id: sale.id,
    at: sale.at ?? wallClock(),
    codes: sale.codes,
    lines: sale.lines.map(({ id, pieces: count, facts }) => ({
      ...facts,
      line_id: id,
      quantity_milli: quantityMilli(count),
    })),
  };
  if (sale.customer) value.customer = sale.customer;
  if (sale.generation) value.generation = sale.generation;
  if (sale.training) value.training = true;
  if (sale.tender) value.tenders = [sale.tender];
  return value;
}

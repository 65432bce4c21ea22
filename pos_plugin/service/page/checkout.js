// Evaluating and booking the open sale. Whatever the plugin does, the sale completes: at the
// prices it answered last, or at list price; what it could not book is handed in later.
import * as api from "./api.js";
import { wallClock } from "./format.js";
import { keepForLater } from "./hand_in.js";
import { atListPrice } from "./list_price.js";
import { keep, sale, snapshot } from "./sale.js";

let away = false; // as the last answer showed

export async function evaluate() {
  keep();
  try {
    sale.answer = await api.evaluate(snapshot());
    if (!sale.answer.late) sale.generation = sale.answer.generation;
    away = false;
  } catch (error) {
    if (!api.isAway(error)) throw error;
    sale.answer = atListPrice(sale);
    away = true;
  }
  keep();
}

// What is left to pay by cash or card after all vouchers.
export const rest_minor = () => sale.answer?.payable_minor ?? 0;

// The amount of the receipt: vouchers that reduce the price are in it, those that pay are not.
const charged_minor = () => sale.answer.total_minor - sale.answer.voucher_discount_minor;

export function tenderVouchers() {
  return sale.answer?.effects.filter((one) => one.kind === "tender_voucher") ?? [];
}

// Asks again with the means of payment; true when the amount is the one that was shown. Without
// an answer the amount that the customer was told holds.
export async function chooseTender(tender) {
  const { answer } = sale;
  const shown_minor = rest_minor();
  if (sale.tender !== tender) {
    sale.tender = tender;
    await evaluate();
    if (sale.answer.late && !answer.late) sale.answer = answer;
  }
  return rest_minor() === shown_minor;
}

// Another means of payment, or none: the next answer may name other prices.
export async function forgetTender() {
  if (sale.tender === null) return;
  sale.tender = null;
  await evaluate();
}

// Charges exactly what was answered for this tender. Sent twice, it is booked once.
export async function book(given_minor) {
  const completion = charged();
  const changed = given_minor === null ? null : given_minor - rest_minor();
  Object.assign(sale, { given_minor, change_minor: changed });
  sale.receipt = away ? later(completion) : await booked(completion);
  keep();
}

async function booked(completion) {
  if (completion.late) completion.sale = snapshot(); // the plugin has never seen this sale
  try {
    return await api.complete(sale.id, completion);
  } catch (error) {
    if (!api.isAway(error)) throw error;
    return later(completion);
  }
}

function later(completion) {
  const at = wallClock();
  // In training nothing is booked, so there is nothing to hand in.
  if (!sale.training) keepForLater(sale.id, at, { ...completion, sale: snapshot() });
  const { gross_minor, discount_minor, earned } = sale.answer;
  return {
    sale_id: sale.id,
    completed_at: at,
    gross_minor,
    discount_minor,
    total_minor: completion.total_minor,
    earned,
    effects: [],
    waits: !sale.training,
  };
}

function charged() {
  const { evaluation_id, own, lines } = sale.answer;
  const total_minor = charged_minor();
  // What vouchers pay is known to the plugin; named is only what cash or card paid.
  const left_minor = rest_minor();
  const tenders = left_minor ? [{ tender: sale.tender, amount_minor: left_minor }] : [];
  if (!own) return { evaluation_id, total_minor, tenders };
  const paid = lines.map(({ line_id, paid_minor }) => ({ line_id, paid_minor }));
  return { late: true, total_minor, tenders, lines: paid };
}

// Balances after the purchase; the customer may be unknown by now, then the old panel stays.
export async function lookAgain() {
  if (!sale.customer || away) return;
  const found = await api.identify({ customer: sale.customer.id });
  if (found.panel) sale.panel = found.panel;
  keep();
}

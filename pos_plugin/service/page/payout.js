// F7: bonus money of the customer becomes a voucher. Nothing waits for it; the sale goes on.
import * as api from "./api.js";
import { money } from "./format.js";
import { tell } from "./message.js";
import { keep, sale } from "./sale.js";
import { say } from "./texts.js";

// What was asked and not answered is asked again under its id: nobody is paid twice.
let asked = null;

export function payable() {
  if (sale.receipt || sale.training) return null;
  return sale.panel?.balances.find(({ pays_out }) => pays_out) ?? null;
}

// Returns what was paid out, or null when there is nothing.
export async function payOut() {
  const account = payable();
  if (!account) return null;
  const whose = { customer: sale.customer.id, program: account.program };
  if (asked?.customer !== whose.customer || asked.program !== whose.program) {
    asked = { request_id: crypto.randomUUID(), ...whose };
  }
  let paid;
  try {
    paid = await api.payOut(asked);
  } catch (error) {
    if (!api.isAway(error)) asked = null;
    throw error;
  }
  asked = null;
  const found = await api.identify({ customer: whose.customer });
  if (sale.customer?.id === whose.customer) sale.panel = found.panel;
  keep();
  tell(say("paidOut", { amount: money(paid.amount_minor) }));
  return paid;
}

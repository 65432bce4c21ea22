// F6: the accounts of the customer on paper. It books nothing; the sale goes on.
import * as api from "./api.js";
import { sale } from "./sale.js";

// What was asked and not answered is asked again under its id: one press, one paper.
let asked = null;

export const canPrintStatement = () => Boolean(sale.customer && sale.panel && !sale.training);

export async function printStatement() {
  const customer = sale.customer.id;
  if (asked?.customer !== customer) asked = { request_id: crypto.randomUUID(), customer };
  try {
    const printed = await api.printStatement(asked);
    asked = null;
    return printed;
  } catch (error) {
    if (!api.isAway(error)) asked = null;
    throw error;
  }
}

// What promotions and vouchers give, by name: on a line, below all lines, and code by code.
import { listGross } from "./list_price.js";
import { say, words } from "./texts.js";

function given(sale, counts) {
  const sums = new Map();
  for (const line of sale.answer?.lines ?? []) {
    for (const one of line.discounts) {
      if (!counts(line, one)) continue;
      sums.set(one.promotion, (sums.get(one.promotion) ?? 0) + one.discount_minor);
    }
  }
  const labels = new Map(sale.answer?.promotions.map((one) => [one.promotion, one.label]));
  return [...sums].map(([promotion, minor]) => [words(labels.get(promotion), promotion), minor]);
}

// The article layer changes the price of single pieces.
export function onLine(sale, { id }) {
  return given(sale, (line, one) => line.line_id === id && one.layer === "article");
}

// The receipt and customer layers stand below all lines.
export function onReceipt(sale) {
  return given(sale, (_, one) => one.layer !== "article");
}

export function grossOf(sale, line) {
  const found = sale.answer?.lines.find((one) => one.line_id === line.id);
  return found?.gross_minor ?? listGross(line);
}

const WORTH = ["price_reduction_voucher", "tender_voucher"];

const isWorth = ({ kind }) => WORTH.includes(kind);

// What a value voucher takes off the price or pays.
export const worth_minor = ({ discount_minor, amount_minor }) => discount_minor ?? amount_minor;

// What a scanned code does: {text, refused, effect}; `effect` of vouchers that have a value.
export function ofCode(sale, { code }) {
  const effects = sale.answer?.effects.filter((one) => one.code === code) ?? [];
  const refused = effects.find((one) => one.kind === "rejected");
  if (refused) return { text: refused.text, refused: true };
  if (sale.answer?.own) return { text: say("voucherAway"), refused: true };
  const effect = effects.find(isWorth);
  return { text: effect?.text ?? say("voucherWorks"), refused: false, effect };
}

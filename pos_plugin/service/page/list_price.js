// What the till does on its own when the plugin is away: prices without promotions, known articles.
const KEPT = "stammkunde.articles";
const ARTICLES_MAX = 2000; // the last ones seen; a few hundred bytes each

export function rememberArticle(code, line) {
  const known = articles();
  known.delete(code);
  known.set(code, line);
  localStorage.setItem(KEPT, JSON.stringify([...known].slice(-ARTICLES_MAX)));
}

export function knownArticle(code) {
  return articles().get(code) ?? null;
}

// In the order in which they were seen: an object would put codes like 4711 before all others.
function articles() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT)) ?? [];
    return new Map(Array.isArray(kept) ? kept : Object.entries(kept));
  } catch {
    return new Map();
  }
}

// An article nobody could look up, at the price that the cashier read from its label.
export function labelledArticle(code, unit_price_minor) {
  return { sku: code, name: code, unit_price_minor };
}

// Pieces may be parts of one: a sale of another program that was parked here brings weighed goods.
export const quantityMilli = (pieces) => Math.round(pieces * 1000);
export const listGross = ({ pieces, facts }) =>
  Math.round((quantityMilli(pieces) * facts.unit_price_minor) / 1000);

// The answer in the form of the plugin's, with `late`: nothing is given, nothing redeemed.
export function atListPrice(sale) {
  const lines = sale.lines.map((line) => {
    const gross_minor = listGross(line);
    return { line_id: line.id, gross_minor, discounts: [], paid_minor: gross_minor };
  });
  const total_minor = lines.reduce((sum, line) => sum + line.gross_minor, 0);
  return {
    late: true,
    own: true, // the page's own answer: no evaluation at the plugin belongs to it
    generation: 0,
    gross_minor: total_minor,
    discount_minor: 0,
    total_minor,
    voucher_discount_minor: 0,
    payable_minor: total_minor,
    lines,
    promotions: [],
    vat: vatOf(sale),
    earned: [],
    effects: [],
  };
}

function vatOf(sale) {
  const paid = new Map();
  for (const line of sale.lines) {
    const rate = line.facts.vat_rate_bp ?? 0;
    paid.set(rate, (paid.get(rate) ?? 0) + listGross(line));
  }
  return [...paid].map(([vat_rate_bp, paid_minor]) => ({ vat_rate_bp, paid_minor }));
}

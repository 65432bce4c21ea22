// What the till does on its own when the plugin is away: prices without promotions, known articles.
const KEPT = "stammkunde.articles";
const ARTICLES_MAX = 2000; // the last ones seen; a few hundred bytes each

export function rememberArticle(code, line) {
  const known = articles();
  delete known[code];
  known[code] = line;
  const codes = Object.keys(known);
  for (const old of codes.slice(0, Math.max(0, codes.length - ARTICLES_MAX))) delete known[old];
  localStorage.setItem(KEPT, JSON.stringify(known));
}

export function knownArticle(code) {
  return articles()[code] ?? null;
}

function articles() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

// An article nobody could look up, at the price that the cashier read from its label.
export function labelledArticle(code, unit_price_minor) {
  return { sku: code, name: code, unit_price_minor };
}

// The answer in the form of the plugin's, with `late`: nothing is given, nothing redeemed.
export function atListPrice(sale) {
  const lines = sale.lines.map(({ id, pieces, facts }) => {
    const gross_minor = pieces * facts.unit_price_minor;
    return { line_id: id, gross_minor, discounts: [], paid_minor: gross_minor };
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
  for (const { pieces, facts } of sale.lines) {
    const rate = facts.vat_rate_bp ?? 0;
    paid.set(rate, (paid.get(rate) ?? 0) + pieces * facts.unit_price_minor);
  }
  return [...paid].map(([vat_rate_bp, paid_minor]) => ({ vat_rate_bp, paid_minor }));
}

// What a code is: the service says it; without it articles are known from before or by their label.
import * as api from "./api.js";
import { askPrice } from "./ask_price.js";
import { health, prefixes } from "./health.js";
import { knownArticle, labelledArticle, rememberArticle } from "./list_price.js";
import { sale } from "./sale.js";
import { say } from "./texts.js";

export async function lookUp(code) {
  let refused = { refused: "away", text: say("awayCard") };
  try {
    const found = await api.scan(code, sale.id);
    if (found.kind === "article") rememberArticle(code, found.line);
    const hasData = health?.synced_at !== null;
    if (found.refused !== "code_unknown" || hasData) return found;
    refused = found;
  } catch (error) {
    if (!api.isAway(error)) throw error;
  }
  const line = knownArticle(code) ?? (isArticle(code) ? await labelled(code) : null);
  return line ? { kind: "article", code, line } : refused;
}

// Cards, vouchers and papers of goods on approval have no label with a price, nor has what was
// typed wrong: 0 or 1000 pieces.
function isArticle(code) {
  const plain = code.replace(/[\s-]/g, "").toUpperCase();
  if (plain.length > 13 || /\*|^A\d{9}$/.test(plain)) return false;
  return (prefixes.find((row) => takes(row, plain))?.kind ?? "article") === "article";
}

// Check symbols of vouchers and papers are not computed here: such rows say nothing.
function takes({ starts_with, length, check }, plain) {
  const isLong = length === null || length === plain.length;
  const isKnown = check === "none" || (check === "ean13" && /^\d{13}$/.test(plain));
  return isLong && isKnown && plain.startsWith(starts_with.toUpperCase());
}

async function labelled(code) {
  const price_minor = await askPrice(code);
  return price_minor === null ? null : labelledArticle(code, price_minor);
}

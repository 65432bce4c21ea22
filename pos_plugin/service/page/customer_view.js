// The customer panel: what the cashier needs, and no more.
import { at, button, element, labelled } from "./dom.js";
import { day, moment, money, percent } from "./format.js";
import { program, say } from "./texts.js";

export function drawCustomer(sale, drop) {
  const { panel, customer } = sale;
  if (!customer) {
    at("customer").replaceChildren(element("p", "nobody", say("nobody")));
    return;
  }
  const name = panel?.name ?? say("nameless", { id: customer.id });
  const who = element("div", "who", element("h2", "name", name));
  if (!sale.receipt) who.append(labelled(button("drop", "×", drop), say("dropCustomer")));
  const parts = [who];
  if (panel) parts.push(...panelParts(sale, panel));
  at("customer").replaceChildren(...parts);
}

function panelParts(sale, panel) {
  const number = panel.number ? `${say("number")} ${panel.number}` : "";
  const parts = [element("p", "small", number), facts(sale, panel)];
  if (panel.birthday_on) {
    parts.push(element("p", "birthday", say("birthday", { day: day(panel.birthday_on) })));
  }
  for (const { code, text } of panel.notices) {
    if (code !== "birthday") parts.push(element("p", "small", text));
  }
  for (const voucher of panel.vouchers) parts.push(ticket(voucher));
  if (panel.last_purchases.length) parts.push(lastPurchases(panel.last_purchases));
  const { synced_at } = panel;
  const asOf = synced_at ? say("asOf", { at: moment(synced_at) }) : say("noAsOf");
  parts.push(element("p", "small", asOf));
  return parts;
}

function facts(sale, panel) {
  const rows = element("dl", "");
  const row = (left, ...right) =>
    rows.append(element("dt", "", left), element("dd", "", ...right));
  if (panel.tier) row(say("tier"), panel.tier);
  if (panel.group) row(say("group"), panel.group);
  if (panel.instant_discount_bp) row(say("instant"), `${percent(panel.instant_discount_bp)} %`);
  for (const balance of panel.balances) {
    const shown = (value) => (balance.unit === "EUR_MINOR" ? money(value) : String(value));
    const soon = sale.receipt ? null : earnedNow(sale, balance.program);
    const more = soon ? [element("em", "", `+${shown(soon)}`)] : [];
    if (balance.unknown) {
      row(program(balance.program), say("balance_unknown"));
      continue;
    }
    row(program(balance.program), shown(balance.available), ...more);
    for (const word of laterOf(balance, shown)) row("", element("small", "", word));
  }
  if (panel.limit_left_minor != null) row(say("limit"), money(panel.limit_left_minor));
  row(say("consents"), allowed(panel.consents));
  return rows;
}

// What may be said to the customer about advertising, and nothing else of it.
function allowed(consents) {
  const channels = consents
    .filter(({ purpose, status }) => purpose === "marketing" && status === "given")
    .map(({ channel }) => say(`channel_${channel}`));
  return channels.join(", ") || say("consentNone");
}

function lastPurchases(purchases) {
  const bought = purchases
    .slice(0, 3)
    .map(({ business_on, total_minor }) => `${day(business_on)} ${money(total_minor)}`);
  return element("p", "small", `${say("lastPurchases")}: ${bought.join(" · ")}`);
}

// What of a balance can be used later, and until when the next of it can.
function laterOf({ pending, matures_on, expiring, expires_on }, shown) {
  const words = [];
  if (matures_on) words.push(say("pending", { amount: shown(pending), day: day(matures_on) }));
  if (expires_on) words.push(say("expiring", { amount: shown(expiring), day: day(expires_on) }));
  return words;
}

function ticket({ benefit, title, valid_to_on, balance_minor }) {
  const parts = [say("until", { day: day(valid_to_on) })];
  if (balance_minor != null) parts.unshift(say("balance", { amount: money(balance_minor) }));
  return element("p", "ticket", element("strong", "", benefit || title), parts.join(" · "));
}

function earnedNow(sale, code) {
  return sale.answer?.earned.find((one) => one.account === code)?.amount ?? 0;
}

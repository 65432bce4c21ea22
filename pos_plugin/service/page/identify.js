// F2: finding a customer without the card: one field for number, name, phone or e-mail.
import * as api from "./api.js";
import { at, button, element } from "./dom.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { dayOfYear } from "./format.js";
import { say } from "./texts.js";
import { inTurn } from "./turns.js";

let found = null; // what to do with the customer that was chosen

export function prepareIdentify(take) {
  found = take;
  at("identify-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = at("identify-field").value.trim();
    if (typed) inTurn(() => search(typed));
  });
  at("identify-found").addEventListener("keydown", walk);
  at("identify-field").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") walk(event);
  });
}

export function openIdentify() {
  if (!openDialog("identify", at("identify-field"))) return;
  at("identify-field").value = "";
  draw("", []);
}

// What was typed says itself what it is. With digits in it, it may be a card, a customer number
// (100, K100, those of till 01 begin with a zero) or a phone; what a card is says the shop's table.
export function questions(typed) {
  if (typed.includes("@")) return [{ email: typed }];
  if (!/\d/.test(typed)) return [{ name: typed }];
  const last = isPhone(typed) ? { phone: typed } : { name: typed };
  return typed.startsWith("+") ? [last] : [{ code: typed }, { number: typed }, last];
}

// The signs between the digits are those that the service passes over.
export const isPhone = (typed) => /^[\s(]*\+?[\s\d/().\u2010-\u2015-]+$/.test(typed);

async function ask({ code, ...way }) {
  if (!code) return api.identify(way);
  const found = await api.scan(code);
  return found.refused || found.kind === "card" ? found : { refused: found.kind };
}

async function search(typed) {
  let answer = null;
  try {
    for (const question of questions(typed)) {
      answer = await ask(question);
      if (!answer.refused || answer.refused === "card_blocked") break;
    }
  } catch (error) {
    if (error.code === "unauthorized") throw error;
    draw(api.isAway(error) ? say("identifyAway") : error.message, []);
    return;
  }
  if (answer.refused) draw(answer.text, []);
  else if (answer.panel) await choose(answer);
  else list(answer);
}

function list({ customers, more }) {
  const text = say("found", { count: customers.length });
  const entries = customers.map((one) => {
    const name = element("strong", "", one.name);
    const parts = [name, element("span", "", describe(one))];
    return element("li", "", button("", parts, () => inTurn(() => chooseFromList(one))));
  });
  draw(more ? `${text} ${say("foundMore")}` : text, entries);
  at("identify-found").querySelector("button")?.focus();
}

// What tells people of one name apart, as far as the till may know it.
function describe({ number, birthday, home_shop }) {
  const parts = [number && `${say("number")} ${number}`];
  if (birthday) parts.push(say("born", { day: dayOfYear(birthday) }));
  if (home_shop) parts.push(say("shop", { shop: home_shop }));
  return parts.filter(Boolean).join(" · ");
}

async function chooseFromList({ id }) {
  const answer = await api.identify({ customer: id });
  if (answer.refused) draw(answer.text, []);
  else await choose(answer);
}

async function choose(answer) {
  closeDialog("identify");
  await found(answer);
}

function draw(text, entries) {
  at("identify-text").textContent = text;
  at("identify-found").replaceChildren(...entries);
}

// Arrows walk over the list, as Tab does.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...at("identify-found").querySelectorAll("button")];
  const place = buttons.indexOf(document.activeElement) + step;
  (buttons[Math.min(place, buttons.length - 1)] ?? at("identify-field")).focus();
}

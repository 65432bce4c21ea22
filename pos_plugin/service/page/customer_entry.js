// F2 twice: a new customer, or what is new about the one on the sale: contact, card, consent.
// No box is ticked before somebody ticks it, and each channel has a box of its own (BGH VIII ZR
// 348/06); the boxes of a known customer show what she said.
import * as api from "./api.js";
import { at, button, element } from "./dom.js";
import { closeDialog, isOpen, openDialog } from "./dialogs.js";
import { dayOfYear } from "./format.js";
import { isPhone } from "./identify.js";
import { sale } from "./sale.js";
import { say } from "./texts.js";
import { inTurn } from "./turns.js";

const CONSENT_TEXT = { text_id: "till-page", text_revision: 1 };
const CHOICES = [
  ["marketing", "letter"],
  ["marketing", "email"],
  ["marketing", "sms"],
  ["marketing", "phone"],
  ["profiling", "till"],
];

let found = null; // what to do with the customer
let open = null; // {request, customer, said, looked}: one dialog, so one request

export function prepareCustomerEntry(take) {
  found = take;
  at("entry-form").addEventListener("submit", (event) => {
    event.preventDefault();
    inTurn(save);
  });
  at("identify-new").addEventListener("click", openFromSearch);
  at("identify").addEventListener("keydown", (event) => {
    if (event.key === "F2") openFromSearch();
  });
}

function openFromSearch() {
  const typed = at("identify-field").value.trim();
  closeDialog("identify");
  openCustomerEntry(typed);
}

export function openCustomerEntry(typed = "") {
  if (isOpen("entry") || !openDialog("entry", at("entry-name"))) return;
  const known = sale.receipt ? null : sale.customer;
  const isOwned = known && !known.id.startsWith("card:");
  open = {
    request: crypto.randomUUID(),
    customer: isOwned ? known.id : null,
    said: isOwned ? given(sale.panel) : new Set(),
    looked: false,
  };
  at("entry-form").reset();
  at("entry-title").textContent = say(isOwned ? "entryChange" : "entryNew");
  if (isOwned) at("entry-name").value = sale.panel?.name ?? "";
  else if (typed.includes("@")) at("entry-email").value = typed;
  else if (/^[(\s]*[+0]/.test(typed) && isPhone(typed)) at("entry-phone").value = typed;
  else if (!isPhone(typed)) at("entry-name").value = typed;
  drawConsents();
  draw("", []);
}

function drawConsents() {
  const boxes = CHOICES.map(([purpose, channel]) => {
    const box = element("input", "");
    box.type = "checkbox";
    box.name = `${purpose}:${channel}`;
    box.checked = open.said.has(box.name);
    return element("label", "box", box, say(`consent_${purpose}_${channel}`));
  });
  at("entry-consents").replaceChildren(...boxes);
}

const given = (panel) =>
  new Set(
    (panel?.consents ?? [])
      .filter(({ status }) => status === "given")
      .map(({ purpose, channel }) => `${purpose}:${channel}`),
  );

async function save() {
  const form = at("entry-form");
  const boxes = [...at("entry-consents").querySelectorAll("input")];
  const changed = boxes.filter((box) => box.checked !== open.said.has(box.name));
  const proof = at("entry-proof").value.trim();
  if (changed.some((box) => box.checked) && !proof) return ask("entryProofMissing", "entry-proof");
  const birthday_on = dayOf(at("entry-birthday").value);
  if (birthday_on === undefined) return ask("entryBirthdayWrong", "entry-birthday");
  try {
    const contact = typedIn(form, birthday_on);
    if (!(await keepCustomer(contact))) return;
    const code = at("entry-card").value.trim();
    if (code) await api.assignCard({ ...once("card", code), customer: open.customer, code });
    for (const box of changed) await keepConsent(box, proof);
    const answer = await api.identify({ customer: open.customer });
    if (answer.refused) return draw(answer.text, []);
    closeDialog("entry");
    await found(answer);
  } catch (error) {
    if (error.code === "unauthorized") throw error;
    draw(api.isAway(error) ? say("identifyAway") : error.message, []);
  }
}

// What was typed; of a known customer only what is different.
function typedIn(form, birthday_on) {
  const value = {};
  for (const name of ["name", "phone", "email"]) {
    const typed = form.elements[name].value.trim();
    if (typed && !(open.customer && name === "name" && typed === sale.panel?.name)) {
      value[name] = typed;
    }
  }
  if (birthday_on) value.birthday_on = birthday_on;
  return value;
}

// Returns false while the cashier has to look who it may already be.
async function keepCustomer(contact) {
  if (open.customer) {
    if (Object.keys(contact).length) {
      await api.changeCustomer(open.customer, { ...once("change", JSON.stringify(contact)), ...contact });
    }
    return true;
  }
  const request = once("new", JSON.stringify(contact));
  const answer = await api.createCustomer({ ...request, ...contact, confirm_new: open.looked });
  if (answer.refused) {
    open.looked = true;
    draw(`${answer.text} ${say("entryAgain")}`, answer.params.candidates.map(candidate));
    at("entry-found").querySelector("button")?.focus();
    return false;
  }
  open.customer = answer.customer;
  return true;
}

async function keepConsent(box, form_number) {
  const [purpose, channel] = box.name.split(":");
  const said = box.checked
    ? { status: "given", ...CONSENT_TEXT, form_number }
    : { status: "withdrawn" };
  const request = once(box.name, said.status);
  await api.keepConsent({ ...request, customer: open.customer, purpose, channel, ...said });
  if (box.checked) open.said.add(box.name);
  else open.said.delete(box.name);
}

// The same thing done again in this dialog is the same request.
const once = (what, about) => ({ request_id: `${open.request}:${what}:${hash(about)}` });
const hash = (text) => [...text].reduce((sum, one) => (sum * 31 + one.codePointAt(0)) % 1e9, 7);

function candidate({ id, number, name, birthday, reasons }) {
  const parts = [`${say("number")} ${number}`, birthday && say("born", { day: dayOfYear(birthday) })];
  const why = reasons.map((reason) => say(`reason_${reason}`)).join(", ");
  const text = [...parts, why].filter(Boolean).join(" · ");
  const choose = async () => {
    const answer = await api.identify({ customer: id });
    if (answer.refused) return draw(answer.text, []);
    closeDialog("entry");
    await found(answer);
  };
  const inside = [element("strong", "", name), element("span", "", text)];
  return element("li", "", button("", inside, () => inTurn(choose)));
}

// 24.12.1980 or 1980-12-24; null = none, undefined = not a day.
function dayOf(typed) {
  const text = typed.trim();
  if (!text) return null;
  const german = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text);
  const iso = german
    ? `${german[3]}-${german[2].padStart(2, "0")}-${german[1].padStart(2, "0")}`
    : text;
  const day = new Date(`${iso}T12:00:00Z`);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(iso) && day.toJSON()?.startsWith(iso);
  return isDay ? iso : undefined;
}

function ask(text, field) {
  draw(say(text), []);
  at(field).focus();
}

function draw(text, entries) {
  at("entry-text").textContent = text;
  at("entry-found").replaceChildren(...entries);
}

// F12: what is due, what was given, what goes back. Enter is cash, F12 again is card.
import { chooseTender, book, forgetTender, rest_minor } from "./checkout.js";
import { at, button } from "./dom.js";
import { closeDialog, isOpen, openDialog } from "./dialogs.js";
import { money, plainMoney, readMoney } from "./format.js";
import { sale } from "./sale.js";
import { say } from "./texts.js";
import { drawSums, sumRows } from "./total_view.js";
import { inTurn } from "./turns.js";

const NOTES = [500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
const NOTES_SHOWN = 4;
const GIVEN_ABOVE_MAX = 50_000; // nobody gives a larger note than that on top

let sold = null;
let elsewhere = null;

// `done` runs after the sale, `scan` takes what was scanned into this dialog by mistake.
export function preparePayment(done, scan) {
  sold = done;
  elsewhere = scan;
  at("pay-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = at("given").value.trim();
    if (isCode(typed)) {
      at("pay").close(say("payScan"));
      elsewhere(typed);
    } else if (given_minor() === null || given_minor() < rest_minor()) {
      drawChange();
      at("given").select();
    } else {
      pay("cash");
    }
  });
  at("pay-by-card").addEventListener("click", () => pay("card"));
  at("given").addEventListener("input", drawChange);
  at("pay").addEventListener("close", () => {
    if (!sale.receipt) inTurn(forgetTender);
  });
}

export function openPayment() {
  if (!openDialog("pay")) return;
  at("pay-text").textContent = "";
  drawPayment();
}

export function payByCard() {
  if (rest_minor() > 0) pay("card");
}

// A code that was scanned while the dialog was open is no amount.
function isCode(typed) {
  if (!typed) return false;
  const amount_minor = readMoney(typed);
  return amount_minor === null
    ? /[a-z\d-]{5,}/i.test(typed)
    : amount_minor > rest_minor() + GIVEN_ABOVE_MAX;
}

// Nothing typed means the exact amount.
function given_minor() {
  const typed = at("given").value.trim();
  return typed ? readMoney(typed) : rest_minor();
}

function pay(tender) {
  inTurn(async () => {
    if (sale.receipt || !isOpen("pay")) return;
    const given = tender === "cash" && rest_minor() > 0 ? given_minor() : null;
    if (!(await chooseTender(tender))) {
      drawPayment();
      at("pay-text").textContent = say("newTotal", { amount: money(rest_minor()) });
      return;
    }
    await book(given);
    closeDialog("pay");
    await sold();
  });
}

function drawPayment() {
  const left_minor = rest_minor();
  drawSums(at("pay-sums"), sumRows(sale));
  at("pay-due").textContent = money(left_minor);
  at("pay-cash").hidden = left_minor <= 0;
  at("pay-by-card").hidden = left_minor <= 0;
  at("pay-by-cash-text").textContent = say(left_minor > 0 ? "cash" : "close");
  at("given").value = "";
  at("given").placeholder = plainMoney(left_minor);
  at("quick").replaceChildren(
    button("", say("exact"), () => give(left_minor)),
    ...notes(left_minor).map((minor) => button("", money(minor), () => give(minor))),
  );
  drawChange();
  (left_minor > 0 ? at("given") : at("pay-by-cash")).focus();
}

// What a customer is likely to put down: the next round amounts from the due one on.
function notes(left_minor) {
  const rounded = NOTES.map((note) => Math.ceil(left_minor / note) * note);
  return [...new Set(rounded)].filter((minor) => minor > left_minor).slice(0, NOTES_SHOWN);
}

function give(minor) {
  at("given").value = plainMoney(minor);
  drawChange();
  at("given").focus();
}

function drawChange() {
  const given = given_minor();
  const change_minor = given === null ? null : given - rest_minor();
  const short = change_minor !== null && change_minor < 0;
  at("change-label").textContent = short ? "" : say("change");
  at("change").classList.toggle("missing", short || change_minor === null);
  if (change_minor === null) at("change").textContent = say("noAmount");
  else if (short) at("change").textContent = say("missing", { amount: money(-change_minor) });
  else at("change").textContent = money(change_minor);
}

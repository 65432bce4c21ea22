// F3: entering a voucher, and how much of its value this sale takes.
import { at } from "./dom.js";
import { closeDialog, isOpen, openDialog } from "./dialogs.js";
import { plainMoney, readMoney } from "./format.js";
import { ofCode, worth_minor } from "./reasons.js";
import { sale, selectedCode } from "./sale.js";
import { say } from "./texts.js";
import { inTurn } from "./turns.js";

let edited = null; // the code whose amount is being edited

// `scan` takes a code; `change` evaluates the sale anew.
export function prepareVoucherEntry(scan, change) {
  at("voucher-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = at("voucher-field").value.trim();
    at("voucher-field").value = "";
    if (typed) inTurn(() => enter(typed, scan));
  });
  at("amount-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const amount_minor = readMoney(at("amount-field").value);
    if (amount_minor) takeAmount(amount_minor, change);
    else at("voucher-entry-text").textContent = say("noAmount");
  });
  at("amount-all").addEventListener("click", () => takeAmount(null, change));
}

export function openVoucherEntry() {
  if (!openDialog("voucher-entry", at("voucher-field"))) return;
  at("voucher-entry-text").textContent = "";
  at("voucher-field").value = "";
  showAmount(selectedCode());
}

async function enter(typed, scan) {
  const found = await scan(typed);
  if (!isOpen("voucher-entry")) return;
  if (found.refused) {
    at("voucher-entry-text").textContent = found.text;
    return;
  }
  const taken = sale.codes.find((one) => one.code === found.code);
  const told = taken && ofCode(sale, taken);
  // Why not, with its figures; the dialog stays for the next code.
  at("voucher-entry-text").textContent = told?.refused ? told.text : "";
  if (told?.refused) return;
  if (!showAmount(taken)) closeDialog("voucher-entry");
}

// Shows the amount of a voucher that has a value; false when this one has none.
function showAmount(one) {
  const effect = one && ofCode(sale, one).effect;
  edited = effect ? one.code : null;
  at("amount-form").hidden = !effect;
  at("voucher-form").hidden = Boolean(effect);
  if (!effect) {
    at("voucher-field").focus();
    return false;
  }
  at("amount-what").textContent = `…${one.code.slice(-5)} · ${effect.text}`;
  at("amount-field").value = plainMoney(one.amount_minor ?? worth_minor(effect));
  at("amount-field").focus();
  at("amount-field").select();
  return true;
}

function takeAmount(amount_minor, change) {
  inTurn(async () => {
    const one = sale.codes.find(({ code }) => code === edited);
    closeDialog("voucher-entry");
    if (!one) return;
    if (amount_minor === null) delete one.amount_minor;
    else one.amount_minor = amount_minor;
    await change();
  });
}

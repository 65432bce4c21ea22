// The bar for what has to be handed over or decided: it stays until it was answered, over reloads
// and the next sale, and it never stops anybody from selling.
import * as api from "./api.js";
import { at, button, element } from "./dom.js";
import { say } from "./texts.js";

const SHOWN_MAX = 2; // more would push the sale off the screen; the rest follows
const ACKNOWLEDGE = "acknowledge";
const DISMISS = "dismiss"; // for this page only: nothing was handed over, nothing is booked
const ON_PAPER = ["print_confirmed", "print_assumed", "print_coupon_void"];

let open = [];
let printers = []; // what they say of themselves: nothing can be done about it here
let own = []; // of the answer just shown: to be read, nothing to be printed
let standing = []; // what the service says of itself, as long as it holds
let dismissed = new Set();
let act = null;

export function prepareNotices(inTurn) {
  act = inTurn;
}

export async function refreshNotices() {
  try {
    const found = await api.notices();
    open = found.notices;
    printers = found.printers.map(({ notice }) => notice).filter(Boolean);
  } catch (error) {
    if (!api.isAway(error)) throw error;
  }
  drawNotices();
}

// Messages of an answer that want to be acknowledged.
export function setOwnNotices(effects) {
  const choices = [{ choice: ACKNOWLEDGE, text: say("understood") }];
  own = effects
    .filter(({ kind, level }) => kind === "message" && level === "acknowledge")
    .map((one) => ({ ...one, choices }));
  drawNotices();
}

// What is wrong with the service itself; dismissed is dismissed until it was well again.
export function setStandingNotices(notices) {
  const codes = new Set(notices.map(({ code }) => code));
  dismissed = new Set([...dismissed].filter((code) => codes.has(code)));
  const choices = [{ choice: DISMISS, text: say("later") }];
  standing = notices
    .filter(({ code }) => !dismissed.has(code))
    .map((one) => ({ ...one, choices }));
  drawNotices();
}

export const isStanding = ({ code }) => standing.some((one) => one.code === code);

export const canHandOver = () => Boolean(nextHandOver());

const acknowledgeable = ({ choices }) => choices.some(({ choice }) => choice === ACKNOWLEDGE);

// F8: paper that lies there goes first, what may wait comes after it.
function nextHandOver() {
  const closable = open.filter(acknowledgeable);
  return own[0] ?? closable.find(({ code }) => ON_PAPER.includes(code)) ?? closable[0];
}

export function handOver() {
  const notice = nextHandOver();
  if (notice) choose(notice, ACKNOWLEDGE);
}

export function drawNotices() {
  const said = printers.map((one) => ({ ...one, choices: [] }));
  const all = [...own, ...open, ...standing, ...said];
  const first = nextHandOver();
  const rows = all.slice(0, SHOWN_MAX).map((one) => rowOf(one, one === first));
  if (all.length > SHOWN_MAX) {
    rows.push(element("p", "more", `+ ${all.length - SHOWN_MAX}`));
  }
  put(rows);
  at("functions").querySelector("[data-key=F8]").disabled = !first;
}

// Rows that stay are left where they are: nothing vanishes under a finger or from under the focus.
function put(rows) {
  const bar = at("notices");
  for (const old of [...bar.children]) if (!rows.includes(old)) old.remove();
  rows.forEach((row, place) => {
    if (bar.children[place] !== row) bar.insertBefore(row, bar.children[place] ?? null);
  });
}

function rowOf(notice, isFirst) {
  const key = JSON.stringify([notice, isFirst]);
  const old = [...at("notices").children].find((one) => one.dataset.key === key);
  if (old) return old;
  const buttons = notice.choices.map(({ choice, text }) => {
    const isKey = isFirst && choice === ACKNOWLEDGE;
    const parts = [...(isKey ? [element("kbd", "", "F8")] : []), text.replace(" (F8)", "")];
    return button(isKey ? "strong" : "", parts, () => choose(notice, choice));
  });
  const row = element("div", "notice", element("p", "", notice.text), ...buttons);
  row.dataset.level = notice.level;
  row.dataset.key = key;
  return row;
}

function choose(notice, name) {
  act(async () => {
    if (name === DISMISS) dismiss(notice);
    else if (own.some(same(notice))) own = own.filter((one) => !same(notice)(one));
    else if (name === ACKNOWLEDGE) await api.acknowledge(notice.notice_id);
    else await api.choosePrint(notice.job, name);
    await refreshNotices();
  });
}

const same = (notice) => (one) => JSON.stringify(one) === JSON.stringify(notice);

function dismiss({ code }) {
  dismissed.add(code);
  standing = standing.filter((one) => one.code !== code);
}

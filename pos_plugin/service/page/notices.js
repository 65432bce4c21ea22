// The bar for what has to be handed over or decided: it stays until it was answered, over reloads
// and the next sale, and it never stops anybody from selling.
import * as api from "./api.js";
import { at, button, element } from "./dom.js";
import { say } from "./texts.js";

const SHOWN_MAX = 2; // more would push the sale off the screen; the rest follows
const ACKNOWLEDGE = "acknowledge";
const ON_PAPER = ["print_confirmed", "print_assumed"];

let open = [];
let own = []; // of the answer just shown: to be read, nothing to be printed
let act = null;

export function prepareNotices(inTurn) {
  act = inTurn;
}

export async function refreshNotices() {
  try {
    open = (await api.notices()).notices;
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
  const all = [...own, ...open];
  const rows = all.slice(0, SHOWN_MAX).map(row);
  if (all.length > SHOWN_MAX) {
    rows.push(element("p", "more", `+ ${all.length - SHOWN_MAX}`));
  }
  at("notices").replaceChildren(...rows);
  at("functions").querySelector("[data-key=F8]").disabled = !canHandOver();
}

function row(notice) {
  const buttons = notice.choices.map(({ choice, text }) => {
    const isKey = notice === nextHandOver() && choice === ACKNOWLEDGE;
    const parts = [...(isKey ? [element("kbd", "", "F8")] : []), text.replace(" (F8)", "")];
    return button(isKey ? "strong" : "", parts, () => choose(notice, choice));
  });
  const bar = element("div", "notice", element("p", "", notice.text), ...buttons);
  bar.dataset.level = notice.level;
  return bar;
}

function choose(notice, name) {
  act(async () => {
    if (own.includes(notice)) own = own.filter((one) => one !== notice);
    else if (name === ACKNOWLEDGE) await api.acknowledge(notice.notice_id);
    else await api.choosePrint(notice.job, name);
    await refreshNotices();
  });
}

// F9: putting a sale aside and taking it up again, also after a reload or on another day.
import * as api from "./api.js";
import { at, button, element } from "./dom.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { money, moment, timeOfDay } from "./format.js";
import { waitingSales } from "./hand_in.js";
import { knownArticle } from "./list_price.js";
import { become, begin, isEmpty, sale, snapshot } from "./sale.js";
import { say } from "./texts.js";
import { inTurn } from "./turns.js";

const PANELS = "stammkunde.parked"; // what a snapshot does not carry: card and panel
const PANELS_MAX = 100;

let after = null; // what to do when a sale was taken up again

export function prepareParked(recalled, parked) {
  after = recalled;
  at("park-now").addEventListener("click", () =>
    inTurn(async () => {
      closeDialog("parked");
      await park();
      parked();
    }),
  );
}

export function openParked() {
  if (!openDialog("parked")) return;
  at("park-now").hidden = isEmpty();
  at("parked-list").replaceChildren();
  at("parked-text").textContent = "";
  if (!isEmpty()) at("park-now").focus();
  drawHandIn();
  inTurn(drawParked);
}

async function drawParked() {
  let sales = [];
  try {
    ({ sales } = await api.suspended());
    at("parked-text").textContent = sales.length ? "" : say("parkedNone");
  } catch (error) {
    if (!api.isAway(error)) throw error;
    at("parked-text").textContent = say("parkAway");
  }
  at("parked-list").replaceChildren(...sales.map(entry));
  if (isEmpty()) at("parked-list").querySelector("button")?.focus();
}

function entry(one) {
  const values = { at: timeOfDay(one.suspended_at), pieces: one.quantity_milli / 1000 };
  const what = element("strong", "", say("parkedOne", values));
  const parts = [what, element("span", "amount", money(one.gross_minor))];
  return element("li", "", button("", parts, () => inTurn(() => recall(one.sale_id))));
}

async function park() {
  const { id, card, panel } = sale;
  await api.suspend(snapshot());
  const kept = Object.entries(panels()).slice(1 - PANELS_MAX);
  localStorage.setItem(PANELS, JSON.stringify({ ...Object.fromEntries(kept), [id]: { card, panel } }));
  begin();
}

function panels() {
  try {
    return JSON.parse(localStorage.getItem(PANELS)) ?? {};
  } catch {
    return {};
  }
}

// An open sale that stands in the way is parked itself: nothing is lost.
async function recall(id) {
  closeDialog("parked");
  if (!isEmpty()) await park();
  const { sale: taken, notices } = await api.recall(id);
  const lines = [];
  for (const { line_id, quantity_milli, ...facts } of taken.lines) {
    const name = await nameOf(facts.sku);
    lines.push({ id: line_id, name, pieces: quantity_milli / 1000, facts });
  }
  become({
    ...(panels()[id] ?? {}),
    id,
    at: taken.at,
    generation: taken.generation ?? 0,
    training: taken.training ?? false,
    customer: taken.customer ?? null,
    codes: taken.codes ?? [],
    lines,
    selected: lines.length ? `line-${lines.at(-1).id}` : null,
  });
  await after(notices);
}

async function nameOf(sku) {
  const known = knownArticle(sku);
  if (known) return known.name;
  const found = await api.scan(sku);
  return found.line?.name ?? sku;
}

function drawHandIn() {
  const waiting = waitingSales();
  at("hand-in").hidden = !waiting.length;
  const rows = waiting.map(({ sold_at, refused, completion }) => {
    const values = { at: moment(sold_at), text: refused };
    const text = say(refused ? "handInRefused" : "handInOne", values);
    return element("li", "", `${text} · ${money(completion.total_minor)}`);
  });
  at("hand-in-list").replaceChildren(...rows);
}

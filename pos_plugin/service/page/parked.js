// F9: putting a sale aside and taking it up again, also after a reload or on another day.
import * as api from "./api.js";
import { canApprove } from "./approval.js";
import { at, button, element } from "./dom.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { count, money, moment, timeOfDay } from "./format.js";
import { waitingSales } from "./hand_in.js";
import { knownArticle } from "./list_price.js";
import { become, begin, isEmpty, sale, snapshot } from "./sale.js";
import { say } from "./texts.js";
import { inTurn } from "./turns.js";

const RECALLING = "stammkunde.recalling"; // asked for, not yet on the screen

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
  at("approve-now").hidden = !canApprove();
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
  const values = { at: timeOfDay(one.suspended_at), pieces: count(one.quantity_milli / 1000) };
  const what = element("strong", "", say("parkedOne", values));
  const parts = [what, element("span", "amount", money(one.gross_minor))];
  return element("li", "", button("", parts, () => inTurn(() => recall(one.sale_id))));
}

async function park() {
  await api.suspend(snapshot());
  begin();
}

// An open sale that stands in the way is parked itself: nothing is lost.
async function recall(id) {
  closeDialog("parked");
  if (!isEmpty()) await park();
  sessionStorage.setItem(RECALLING, id);
  await takeUp(id);
}

// A sale whose answer got lost on the way is not in the list any more: it is asked for again.
export async function recallAgain() {
  const id = sessionStorage.getItem(RECALLING);
  if (id && isEmpty()) await takeUp(id);
}

async function takeUp(id) {
  const { sale: taken, notices } = await api.recall(id);
  const lines = [];
  for (const { line_id, quantity_milli, ...facts } of taken.lines) {
    const name = await nameOf(facts.sku);
    lines.push({ id: line_id, name, pieces: quantity_milli / 1000, facts });
  }
  become({
    id,
    at: taken.at,
    generation: taken.generation ?? 0,
    training: taken.training ?? false,
    customer: taken.customer ?? null,
    panel: await panelOf(taken.customer),
    codes: taken.codes ?? [],
    lines,
    selected: lines.length ? `line-${lines.at(-1).id}` : null,
  });
  sessionStorage.removeItem(RECALLING);
  await after(notices);
}

// A snapshot carries what rules need; what people read is asked for again. Without it the sale
// goes on all the same.
async function panelOf(customer) {
  const found = customer && (await orNothing(api.identify({ customer: customer.id })));
  return found?.panel ?? null;
}

async function nameOf(sku) {
  const known = knownArticle(sku);
  if (known) return known.name;
  const found = await orNothing(api.scan(sku));
  return found?.line?.name ?? sku;
}

async function orNothing(asked) {
  try {
    return await asked;
  } catch (error) {
    if (!api.isAway(error)) throw error;
    return null;
  }
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

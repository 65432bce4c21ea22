// Goods on approval: what goes out with F9, and a scanned paper: what is back, what is bought.
import * as api from "./api.js";
import { at, button, element } from "./dom.js";
import { closeDialog, openDialog } from "./dialogs.js";
import { day, money } from "./format.js";
import { health } from "./health.js";
import { begin, become, sale, snapshot } from "./sale.js";
import { say } from "./texts.js";
import { inTurn } from "./turns.js";

let after = null; // {given, back, buys}: what to do then
let shown = null; // {number, pieces, customer, panel, back: Set of line ids}

export function prepareApproval(actions) {
  after = actions;
  at("approve-now").addEventListener("click", () => inTurn(giveOut));
  at("approval-back").addEventListener("click", () => inTurn(() => finish(false)));
  at("approval-buy").addEventListener("click", () => inTurn(() => finish(true)));
  at("approval-all").addEventListener("click", toggleAll);
}

// Whether the open sale can be given out on approval instead of being paid.
export const canApprove = () =>
  Boolean(health?.approvals && sale.customer && sale.lines.length && !sale.receipt && !sale.training);

async function giveOut() {
  closeDialog("parked");
  const { customer, cashier, rights, lines } = snapshot();
  const goods = lines.map(({ host_discount_minor: _, ...line }) => line);
  const answer = await api.issueApproval({
    request_id: sale.id,
    customer: customer.id,
    lines: goods,
    cashier,
    rights,
  });
  begin();
  await after.given(answer);
}

export function openApproval({ approval, customer, panel }) {
  const pieces = approval.lines.filter(({ state }) => state === "open");
  if (!pieces.length || !openDialog("approval")) return false;
  shown = { number: approval.number, pieces, customer, panel, back: new Set() };
  at("approval-title").textContent = say("approvalTitle", { number: approval.number });
  const values = { name: panel?.name ?? "", day: day(approval.due_on) };
  at("approval-text").textContent = say("approvalDue", values);
  drawPieces();
  at("approval-list").querySelector("button")?.focus();
  return true;
}

function drawPieces() {
  at("approval-list").replaceChildren(
    ...shown.pieces.map((piece) => {
      const isBack = shown.back.has(piece.line_id);
      const parts = [
        element("strong", "", piece.name ?? piece.sku),
        element("span", "", say(isBack ? "approvalIsBack" : "approvalIsKept")),
        element("span", "amount", money(piece.price_at_issue_minor)),
      ];
      const row = button("", parts, () => toggle(piece.line_id));
      row.dataset.line = piece.line_id;
      row.setAttribute("aria-pressed", String(isBack));
      return element("li", "", row);
    }),
  );
  at("approval-back").disabled = !shown.back.size;
}

function toggle(line_id) {
  if (!shown.back.delete(line_id)) shown.back.add(line_id);
  drawPieces();
  at("approval-list").querySelector(`[data-line="${CSS.escape(line_id)}"]`)?.focus();
}

function toggleAll() {
  const isAll = shown.back.size === shown.pieces.length;
  shown.back = new Set(isAll ? [] : shown.pieces.map(({ line_id }) => line_id));
  drawPieces();
}

// What is marked is back; with `buys` the rest becomes the open sale.
async function finish(buys) {
  const { number, pieces, customer, panel, back } = shown;
  closeDialog("approval");
  const request_id = crypto.randomUUID();
  if (back.size) await api.returnApproval(number, { request_id, returned: [...back] });
  if (!buys) return after.back(number, back.size);
  const sale_id = crypto.randomUUID();
  const { sale: kept } = await api.settleApproval(number, { request_id, sale_id });
  if (!kept) return after.back(number, back.size);
  const names = new Map(pieces.map((piece) => [`${number}/${piece.line_id}`, piece.name]));
  const lines = kept.lines.map(({ line_id, quantity_milli, ...facts }) => ({
    id: line_id,
    name: names.get(line_id) ?? facts.sku,
    pieces: quantity_milli / 1000,
    facts,
  }));
  become({ id: kept.sale_id, at: kept.at, customer: customer ?? kept.customer, panel, lines });
  return after.buys(number);
}

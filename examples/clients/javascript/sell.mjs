// One sale through the plugin: scan, evaluate, complete, reprint.
//
//   node sell.mjs http://127.0.0.1:8711 TOKEN [CODE ...]
//
// Without arguments: STAMMKUNDE_URL and STAMMKUNDE_TOKEN; codes are a card and an article of the demo.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { inFile } from "./late_receipts_file.mjs";
import { BUDGETS_MS, StammkundeTill } from "./stammkunde_till.mjs";

// The till's own prices: for an article whose scan is late, and for nothing else.
const OWN_PRICES_MINOR = new Map([["10001", 7999], ["10041", 1999]]);

const { env } = process;
const [url = env.STAMMKUNDE_URL, token = env.STAMMKUNDE_TOKEN, ...codes] = process.argv.slice(2);
const till = new StammkundeTill({
  url,
  token,
  lateReceipts: inFile(env.STAMMKUNDE_LATE ?? "late_receipts.jsonl"),
  budgetsMs: budgetsMs(),
});
const health = await till.health();
console.log("health:", health.why ?? "ready");
console.log("handed in:", await till.handIn());
const isBasket = await sell(codes.length > 0 ? codes : ["2900001000017", "10001"]);
console.log("waiting:", till.waiting());
// What the service saw of our connection: whether it is kept, whether packets waited.
const { connection } = await till.health();
if (connection) {
  console.log(`connection: ${connection.requests} requests, ${connection.waited_requests} waited`);
}
process.exitCode = isBasket ? 0 : 1;

// Sells what the codes are; says whether there was anything to sell.
async function sell(scanned) {
  const sale = { sale_id: env.STAMMKUNDE_SALE ?? randomUUID(), at: now(), lines: [] };
  let unreadCard;
  for (const code of scanned) {
    const found = await till.scan(code);
    if (!found.refused) {
      console.log(`scan ${code}: ${found.kind}`);
      take(sale, found);
      continue;
    }
    const refused = `scan ${code}: ${found.refused}${because(found)}`;
    const isLate = found.refused === "late";
    // 29 and 13 digits is what our cards look like.
    if (isLate && /^29\d{11}$/.test(code)) {
      console.log(`${refused}, read later`);
      unreadCard = code;
    } else if (isLate && OWN_PRICES_MINOR.has(code)) {
      console.log(`${refused}, own price`);
      addPiece(sale, { sku: code, unit_price_minor: OWN_PRICES_MINOR.get(code) });
    } else {
      console.log(`${refused}, skipped`);
    }
  }
  if (sale.lines.length === 0) {
    console.log("sale: nothing in the basket, not completed");
    return false;
  }

  const evaluation = await till.evaluate(sale);
  if (evaluation.refused) {
    console.log(`evaluate: ${evaluation.refused}, begin a new sale`);
    return true;
  }
  const { evaluation_id, total_minor } = evaluation;
  const late = evaluation.late ? `, late at list price${because(evaluation)}` : "";
  console.log(`evaluate: ${total_minor} cents${late}`);
  for (const { kind, text } of evaluation.effects) console.log(`  ${kind}: ${text ?? ""}`);

  // Vouchers that lower the price are off the receipt; those that pay are a tender of their own.
  const charged_minor = total_minor - (evaluation.voucher_discount_minor ?? 0);
  const tenders = [{ tender: "cash", amount_minor: evaluation.payable_minor ?? charged_minor }];
  const charged = { evaluation_id, total_minor: charged_minor, tenders };
  const receipt = await till.complete(sale, charged, unreadCard);
  if (receipt.refused) {
    console.log(`complete: ${receipt.refused}${because(receipt)}`);
  } else if ("kept" in receipt) {
    const kept = receipt.kept ? "kept for later" : "NOT KEPT";
    console.log(`complete: ${receipt.total_minor} cents, late, ${kept}${because(receipt)}`);
  } else {
    console.log(`complete: ${receipt.total_minor} cents`);
    console.log("answer:", (await till.answer(sale.sale_id)).state);
    for (const { kind, job } of receipt.effects) if (kind === "print") await reprint(job);
  }
  return true;
}

function take(sale, found) {
  if (found.kind === "card") sale.customer = found.customer;
  if (found.kind === "voucher") (sale.codes ??= []).push({ code: found.code });
  if (found.kind === "article") addPiece(sale, found.line);
}

// A line of one piece; the name of an article is for the receipt, no part of the line.
function addPiece(sale, { name, ...facts }) {
  sale.lines.push({ ...facts, line_id: String(sale.lines.length + 1), quantity_milli: 1000 });
}

async function reprint(job) {
  console.log(`voucher: job ${job} ${await printed(job)}`);
  const again = await till.reprint(job);
  console.log(`reprint: job ${again.job}${because(again)}`);
}

// What is still on its way to the printer cannot be asked for again.
async function printed(job) {
  let state;
  for (let round = 0; round < 50; round += 1) {
    ({ state } = await till.printJob(job));
    if (state !== "QUEUED" && state !== "SENDING") break;
    await pause(100);
  }
  return state;
}

function because({ why, waited_ms, budget_ms }) {
  return why ? ` (${why}; waited ${waited_ms} of ${budget_ms} ms)` : "";
}

// The wall clock of the shop with its offset: validity and happy hours go by it.
function now() {
  const at = new Date();
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

// STAMMKUNDE_BUDGETS_MS=100,300,2000: scan, evaluate, complete.
function budgetsMs() {
  if (!env.STAMMKUNDE_BUDGETS_MS) return BUDGETS_MS;
  const [scan, evaluate, complete] = env.STAMMKUNDE_BUDGETS_MS.split(",").map(Number);
  return { scan, evaluate, complete };
}

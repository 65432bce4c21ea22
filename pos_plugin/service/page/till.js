// The reference till: one scan field that always has the focus, one thing after the other.
import * as api from "./api.js";
import { openApproval, prepareApproval } from "./approval.js";
import { prepareAskPrice } from "./ask_price.js";
import { evaluate, lookAgain } from "./checkout.js";
import { prepareCustomerEntry } from "./customer_entry.js";
import { drawCustomer } from "./customer_view.js";
import { drawDemo, offerVoucher, startDemo } from "./demo.js";
import { prepareDialogs } from "./dialogs.js";
import { at } from "./dom.js";
import { followEvents, stream } from "./events.js";
import { keepFocus } from "./focus.js";
import { handIn, waitingSales } from "./hand_in.js";
import { drawHealth, health, healthNotices, lookAtHealth, watchHealth } from "./health.js";
import { openIdentify, prepareIdentify } from "./identify.js";
import { listenToKeys } from "./keys.js";
import { drawKeys, drawTraining } from "./keys_view.js";
import { drawKeypads } from "./keypad.js";
import { drawLabels } from "./labels.js";
import { drawLines } from "./lines_view.js";
import { lookUp } from "./look_up.js";
import { tell } from "./message.js";
import {
  handOver,
  isStanding,
  prepareNotices,
  refreshNotices,
  setOwnNotices,
  setStandingNotices,
} from "./notices.js";
import { openParked, prepareParked, recallAgain } from "./parked.js";
import { payOut } from "./payout.js";
import { openPayment, payByCard, preparePayment } from "./payment.js";
import { drawReceipt } from "./receipt_view.js";
import {
  become,
  begin,
  changePieces,
  dropCustomer,
  dropSelected,
  isEmpty,
  keep,
  sale,
  select,
  selectBy,
  selectedCode,
  selectedLine,
  take,
  takeCustomer,
} from "./sale.js";
import { canPrintStatement, printStatement } from "./statement.js";
import { say, screen } from "./texts.js";
import { drawTotal } from "./total_view.js";
import { inTurn, onTurns } from "./turns.js";
import { openTyping, prepareTyping } from "./typing.js";
import { openVoucherEntry, prepareVoucherEntry } from "./voucher_entry.js";
import { showVoucher } from "./voucher_view.js";

const LANGUAGE = "stammkunde.language";

let place = { shop: "", till: "" };

function complain(error) {
  if (error.code === "unauthorized") askForKey();
  if (api.isAway(error) && !(error instanceof api.Problem)) tell(say("awayStep"), true);
  else tell(error.message, true);
}

// What somebody typed or scanned, with pieces before a star. Never before an x: that begins voucher codes (0X…, 12X…).
function scan(typed) {
  const [, pieces = "1", code] = /^(?:(0*[1-9]\d{0,2})\s*\*\s*)?(.+)$/.exec(typed.trim()) ?? [];
  if (code) inTurn(() => scanNow(code, Number(pieces)));
}

async function scanNow(code, count = 1) {
  tell("");
  const found = await lookUp(code);
  if (found.refused) {
    tell(found.text, true);
    return found;
  }
  if (found.kind === "approval") return takeApproval(found);
  const isNew = take(found, count);
  tell(isNew ? takenText(found, count) : say("twice"), !isNew);
  await change();
  return found;
}

// A paper of goods on approval opens them and sets the customer.
async function takeApproval(found) {
  if (!isEmpty() && sale.lines.length) {
    tell(say("approvalBusy"), true);
    return found;
  }
  if (found.customer) takeCustomer(found);
  if (!openApproval(found)) tell(say("approvalSettled", found.approval));
  await change();
  return found;
}

function takenText({ kind, panel, line, code }, count) {
  if (kind === "card") return say("cardTaken", { name: panel.name });
  if (kind === "voucher") return say("codeTaken", { end: code.slice(-5) });
  return say("taken", { count, name: line.name });
}

// After every change the whole basket is asked for again; notices come with the answer.
async function change() {
  await evaluate();
  const { effects, own, late } = sale.answer;
  setOwnNotices(effects);
  const said = effects.filter(
    (one) => one.kind === "message" && one.audience !== "customer" && !isStanding(one),
  );
  const first = said.find(({ level }) => level === "warn") ?? said[0];
  if (own) tell(say("away"), true);
  else if (first && first.level !== "acknowledge") tell(first.text, late || first.level === "warn");
}

function changed(action) {
  return inTurn(async () => {
    if (sale.receipt) return;
    tell("");
    action();
    await change();
  });
}

function voidSelected() {
  const name = selectedLine()?.name ?? (selectedCode() && say("voucher"));
  if (!name) return;
  changed(dropSelected).then(() => tell(say("dropped", { name })));
}

function step(pieces) {
  const line = selectedLine();
  if (line) changed(() => changePieces(line, pieces));
}

function move(rows) {
  if (sale.receipt) return;
  selectBy(rows);
  draw();
}

function mainKey() {
  if (sale.receipt) inTurn(async () => nextSale());
  else inTurn(async () => sale.lines.length && openPayment());
}

function nextSale() {
  begin();
  showVoucher(null);
  tell("");
}

async function sold() {
  const { receipt } = sale;
  tell(say(receipt.waits ? "awayPaid" : "next"), Boolean(receipt.waits));
  if (sale.training) tell(say("notBooked"));
  draw();
  receipt.effects.filter((one) => one.kind === "issue_voucher").forEach(offerVoucher);
  showPrint(receipt);
  if (receipt.waits) return;
  await refreshNotices();
  await lookAgain();
}

async function payOutNow() {
  const paid = await payOut();
  if (!paid) return;
  paid.effects.filter((one) => one.kind === "issue_voucher").forEach(offerVoucher);
  showPrint(paid);
  await refreshNotices();
}

async function printStatementNow() {
  const printed = await printStatement();
  const [wrong] = printed.effects.filter(({ kind }) => kind === "message");
  tell(wrong ? wrong.text : say("statementPrinted"), Boolean(wrong));
  showPrint(printed);
  await refreshNotices();
}

function showPrint({ effects }) {
  const print = effects.find((one) => one.kind === "print");
  const issued = effects.find((one) => one.kind === "issue_voucher");
  showVoucher(print?.job ?? null, issued?.code ?? "");
}

function escape() {
  if (at("code").value) at("code").value = "";
  else if (sale.receipt) inTurn(async () => nextSale());
  else tell("");
}

function switchTraining() {
  if (!isEmpty()) {
    tell(say("trainingBusy"), true);
    return;
  }
  become({ training: !sale.training });
  showVoucher(null);
  tell("");
  draw();
}

function draw() {
  const done = Boolean(sale.receipt);
  at("done").hidden = !done;
  at("lines").hidden = done;
  drawLines(sale, (key) => {
    select(key);
    draw();
  });
  drawTotal(sale);
  drawCustomer(sale, () => changed(dropCustomer));
  if (done) drawReceipt(sale, say("place", place));
  drawKeys();
  drawTraining();
}

function drawFrame() {
  document.documentElement.lang = screen.language;
  document.title = say("title", place);
  drawLabels();
  at("place").textContent = say("place", place);
  at("language").textContent = say("other");
  at("language").setAttribute("aria-label", say("otherLong"));
  drawKeypads();
  drawHealth();
  drawDemo();
  draw();
}

function switchLanguage() {
  screen.language = screen.language === "de" ? "en" : "de";
  localStorage.setItem(LANGUAGE, screen.language);
  tell("");
  drawFrame();
  inTurn(refreshNotices);
  if (sale.lines.length && !sale.receipt) inTurn(change);
}

function askForKey() {
  at("key-wrong").textContent = api.hasToken() ? say("keyWrong") : "";
  at("key").hidden = false;
  at("token").focus();
}

// A key that fits begins the page anew; one that does not is said to be none.
async function signIn() {
  api.keepToken(at("token").value);
  at("token").value = "";
  try {
    await api.health();
  } catch (error) {
    if (error.code === "unauthorized") throw error;
  }
  location.reload();
}

// The service answers: what was sold without it is handed in, the open sale asked for anew.
async function catchUp() {
  const booked = await handIn();
  const mine = booked.find(({ sale_id }) => sale_id === sale.receipt?.sale_id);
  if (mine) {
    sale.receipt = mine;
    keep();
    showPrint(mine);
  }
  if (booked.length) tell(say("handedIn"));
  if (!sale.receipt && sale.answer?.own) {
    await change();
    if (!sale.answer.own) tell(say("backAgain"));
  }
  await recallAgain();
  await refreshNotices();
  drawHealth();
}

let catchingUp = false;

// After every look at the service.
function afterLook(cameBack) {
  setStandingNotices(healthNotices());
  if (!health) return;
  if (!stream.connected) refreshNotices().catch(complain);
  const isWaiting = waitingSales().some(({ refused }) => !refused);
  if (catchingUp || !(cameBack || isWaiting || sale.answer?.own)) return;
  catchingUp = true;
  inTurn(catchUp).finally(() => {
    catchingUp = false;
  });
}

function listen() {
  onTurns({
    busy: (isBusy) => at("scan").classList.toggle("busy", isBusy),
    failed: complain,
    done: draw,
  });
  prepareDialogs();
  prepareAskPrice();
  prepareTyping(scan);
  prepareNotices(inTurn);
  preparePayment(sold, scan);
  prepareVoucherEntry(scanNow, change);
  prepareParked(recalled, () => tell(say("parkedDone")));
  const takeFound = async (found) => {
    takeCustomer(found);
    tell(say("cardTaken", { name: found.panel.name }));
    await change();
  };
  prepareApproval({
    given: async (answer) => {
      showPrint(answer);
      tell(say("approvalGiven", answer));
      await refreshNotices();
    },
    back: (number, count) => tell(say("approvalReturned", { number, count })),
    buys: async (number) => {
      tell(say("approvalBought", { number }));
      await change();
    },
  });
  prepareIdentify(takeFound);
  prepareCustomerEntry(takeFound);
  listenToKeys(
    {
      F2: openIdentify,
      F3: () => inTurn(async () => sale.receipt || openVoucherEntry()),
      F4: voidSelected,
      F6: () => inTurn(async () => canPrintStatement() && printStatementNow()),
      F7: () => inTurn(async () => payOutNow()),
      F8: handOver,
      F9: () => inTurn(async () => openParked()),
      F12: () => (at("pay").open ? payByCard() : mainKey()),
      "+": () => step(1),
      "-": () => step(-1),
      ArrowUp: () => move(-1),
      ArrowDown: () => move(1),
      Escape: escape,
    },
    { inDialog: (key) => Boolean(openDialogName()) && !(key === "F8" || paysBy(key)) },
  );
  at("scan").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = at("code").value;
    at("code").value = "";
    if (typed.trim()) scan(typed);
  });
  // A finger on the button of an empty field wants digits; Enter on an empty field wants nothing.
  at("enter").addEventListener("click", (event) => {
    if (event.detail && !at("code").value.trim()) openTyping();
  });
  at("key").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn().catch(complain);
  });
  at("language").addEventListener("click", switchLanguage);
  at("training").addEventListener("click", switchTraining);
  at("dismiss").addEventListener("click", () => tell(""));
}

const openDialogName = () => document.querySelector("dialog[open]")?.id;
const paysBy = (key) => key === "F12" && openDialogName() === "pay";

async function recalled(notices) {
  showVoucher(null);
  await change();
  tell(notices[0]?.text ?? say("recalled"), notices.length > 0);
}

async function start() {
  api.takeToken();
  screen.language = localStorage.getItem(LANGUAGE) ?? "de";
  listen();
  drawFrame();
  keepFocus();
  try {
    await lookAtHealth();
  } catch (error) {
    complain(error);
  }
  if (health) {
    place = { shop: health.shop, till: health.till };
    screen.language = localStorage.getItem(LANGUAGE) ?? health.language;
  }
  // A receipt that was on the screen has been booked or is kept: a reload begins the next sale.
  if (sale.receipt) begin();
  drawFrame();
  if (sale.lines.length || sale.customer) inTurn(change);
  afterLook(true);
  watchHealth(afterLook, complain);
  followEvents(() => refreshNotices().catch(complain));
  startDemo(scan).catch(complain);
}

start();

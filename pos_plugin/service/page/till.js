// The reference till: one scan field that always has the focus, one thing after the other.
import * as api from "./api.js";
import {
  begin,
  dropCode,
  dropCustomer,
  dropLine,
  evaluate,
  lookAgain,
  pay,
  sale,
  take,
} from "./sale.js";
import { drawDemo, offerVoucher, startDemo } from "./demo.js";
import { say, screen, timeOfDay } from "./texts.js";
import { at, drawCustomer, drawLines, drawReceipt, drawTotal } from "./view.js";

const HEALTH_MS = 2000;
const PRINT_MS = 300;
const PRINT_LOOKS = 60;
const LANGUAGE = "stammkunde.language";

let place = { shop: "", till: "" };
let health = null;

// A scanner is faster than an answer: codes wait their turn, none is lost, none overtakes.
let queue = Promise.resolve();
function inTurn(work) {
  queue = queue.then(async () => {
    at("scan").classList.add("busy");
    try {
      await work();
    } catch (error) {
      complain(error);
    }
    at("scan").classList.remove("busy");
    draw();
  });
  return queue;
}

function complain(error) {
  if (error.code === "unauthorized") askForKey();
  tell(error instanceof api.Problem ? error.message : say("fault"), true);
}

function tell(text, warn = false) {
  at("message").textContent = text;
  at("message").classList.toggle("warn", warn);
}

function scan(typed) {
  const [, pieces, code] = /^(?:(\d{1,3})\s*[*x]\s*)?(.+)$/i.exec(typed.trim()) ?? [];
  if (!code) return;
  inTurn(async () => {
    tell("");
    const found = await api.scan(code, sale.id);
    if (found.refused) {
      tell(found.text, true);
      return;
    }
    if (!take(found, Math.max(1, Number(pieces ?? 1)))) tell(say("twice"), true);
    await change();
  });
}

// After every change the whole basket is asked for again; notices come with the answer.
async function change() {
  await evaluate();
  const notice = sale.answer.effects.find((one) => one.kind === "message");
  if (notice) tell(notice.text, true);
}

function changed(action) {
  return (what) => inTurn(() => (action(what), tell(""), change()));
}

function payWith(tender) {
  inTurn(async () => {
    if (sale.receipt || !sale.lines.length) return;
    await pay(tender);
    tell(say("next"));
    draw();
    sale.receipt.effects.filter((one) => one.kind === "issue_voucher").forEach(offerVoucher);
    const print = sale.receipt.effects.find((one) => one.kind === "print");
    showVoucher(print?.job ?? null);
    await lookAgain();
  });
}

let shownJob = null;
let shownPicture = "";

async function showVoucher(job) {
  shownJob = job;
  URL.revokeObjectURL(shownPicture);
  at("voucher").hidden = job === null;
  at("voucher-picture").removeAttribute("src");
  at("voucher-text").textContent = "";
  for (let look = 0; job !== null && look < PRINT_LOOKS && shownJob === job; look += 1) {
    const { state, text, pages } = await api.printJob(job);
    at("voucher-text").textContent = text;
    if (state === "CONFIRMED" && pages) {
      shownPicture = URL.createObjectURL(await api.printedPage(job));
      at("voucher-picture").src = shownPicture;
      return;
    }
    await new Promise((done) => setTimeout(done, PRINT_MS));
  }
}

function draw() {
  const done = Boolean(sale.receipt);
  at("done").hidden = !done;
  at("lines").hidden = done;
  drawLines(sale, { dropLine: changed(dropLine), dropCode: changed(dropCode) });
  drawTotal(sale);
  drawCustomer(sale, changed(dropCustomer));
  if (done) drawReceipt(sale, say("place", place));
  for (const button of document.querySelectorAll("[data-tender]")) {
    button.textContent = say(button.dataset.tender);
    button.disabled = !sale.lines.length;
    button.hidden = done;
  }
  at("next").textContent = say("newSale");
  at("next").hidden = !done;
}

function drawFrame() {
  document.documentElement.lang = screen.language;
  document.title = say("title", place);
  at("place").textContent = say("place", place);
  at("language").textContent = say("other");
  at("code-label").textContent = say("code");
  at("code").placeholder = say("placeholder");
  at("enter").textContent = say("enter");
  at("key-label").textContent = say("key");
  at("key-enter").textContent = say("keyEnter");
  drawHealth();
  drawDemo();
  draw();
}

function drawHealth() {
  const chip = at("sync");
  const waiting = health ? health.last_seq - health.acked_seq : 0;
  if (health === null) chip.textContent = say("off");
  else chip.textContent = waiting ? say("waits", { count: waiting }) : say("synced");
  chip.classList.toggle("off", health === null);
  chip.classList.toggle("waits", waiting > 0);
  at("rules").textContent = health?.generation ? say("rules", health) : say("noRules");
  at("clock").textContent = timeOfDay();
}

async function lookAtHealth() {
  try {
    health = await api.health();
  } catch (error) {
    if (error.code === "unauthorized") askForKey();
    health = null;
  }
  drawHealth();
}

function askForKey() {
  at("key").hidden = false;
  at("token").focus();
}

async function start() {
  api.takeToken();
  screen.language = localStorage.getItem(LANGUAGE) ?? "de";
  await lookAtHealth();
  if (health) {
    place = { shop: health.shop, till: health.till };
    screen.currency = health.currency;
    screen.language = localStorage.getItem(LANGUAGE) ?? health.language;
  }
  // A receipt that was on the screen has been booked: a reload begins the next sale.
  if (sale.receipt) begin();
  drawFrame();
  if (sale.lines.length) inTurn(change);
  setInterval(lookAtHealth, HEALTH_MS);
  startDemo(scan).catch(complain);
}

at("scan").addEventListener("submit", (event) => {
  event.preventDefault();
  scan(at("code").value);
  at("code").value = "";
});

at("key").addEventListener("submit", (event) => {
  event.preventDefault();
  api.keepToken(at("token").value);
  location.reload();
});

at("language").addEventListener("click", () => {
  screen.language = screen.language === "de" ? "en" : "de";
  localStorage.setItem(LANGUAGE, screen.language);
  tell(sale.receipt ? say("next") : "");
  drawFrame();
  if (sale.lines.length && !sale.receipt) inTurn(change);
});

for (const button of document.querySelectorAll("[data-tender]")) {
  button.addEventListener("click", () => payWith(button.dataset.tender));
}

at("next").addEventListener("click", () => inTurn(async () => (begin(), tell(""))));

// Wherever a finger or a mouse goes, the next scan lands in the field.
const refocus = () => at("key").hidden && at("code").focus();
document.addEventListener("click", refocus);
document.addEventListener("keydown", (event) => {
  if (event.target === document.body) refocus();
});
window.addEventListener("focus", refocus);
// Also when what had the focus disappears; Tab still leads to the buttons.
document.addEventListener("focusout", (event) => {
  if (!event.relatedTarget) setTimeout(refocus);
});

refocus();
start();

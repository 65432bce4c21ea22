// How the service is: asked every two seconds, shown in the header.
import * as api from "./api.js";
import { at } from "./dom.js";
import { moment, shop, timeOfDay } from "./format.js";
import { waitingSales } from "./hand_in.js";
import { say } from "./texts.js";

const LOOK_MS = 2000;
const AHEAD_MS_MAX = 10 * 60_000; // clocks of two machines differ by seconds, not by minutes
const AGE_MS_MAX = 3 * 86_400_000; // a long weekend without network is no fault

export let health = null;
// The shop's own table of codes, kept for the time when nobody answers.
export let prefixes = [{ kind: "card", starts_with: "29", length: 13, check: "ean13" }];
let isLocked = false; // it answers, but not to this key

export async function lookAtHealth() {
  try {
    health = await api.health();
    isLocked = false;
    shop.currency = health.currency;
    prefixes = health.prefixes ?? prefixes;
  } catch (error) {
    health = null;
    isLocked = error.code === "unauthorized";
    if (!api.isAway(error)) throw error;
  } finally {
    drawHealth();
  }
}

// What stands between this till and right answers, each with what to do; nothing stops a sale.
export function healthNotices() {
  return health ? [...health.notices, ...clockNotices(health.synced_at)] : [];
}

// Nobody tells a till the right time, but word from head office cannot come from the future, and
// rarely is it days old: then the clock is wrong or the network is.
function clockNotices(synced_at) {
  if (!synced_at) return [];
  const age_ms = Date.now() - Date.parse(synced_at);
  const values = { at: moment(synced_at) };
  if (age_ms < -AHEAD_MS_MAX) {
    return [{ code: "clock_behind", level: "warn", text: say("clockBehind", values) }];
  }
  if (age_ms > AGE_MS_MAX) {
    return [{ code: "data_old", level: "warn", text: say("dataOld", values) }];
  }
  return [];
}

// `looked` is told after every look whether the service has just come back. One look at a time: a
// service that hangs must not collect questions.
export async function watchHealth(looked, failed) {
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    const wasAway = health === null;
    try {
      await lookAtHealth();
      looked(wasAway && health !== null);
    } catch (error) {
      failed(error);
    }
  }
}

export function drawHealth() {
  const waiting = (health ? health.last_seq - (health.acked_seq ?? 0) : 0) + waitingSales().length;
  const chip = at("sync");
  chip.hidden = isLocked;
  if (health === null) chip.textContent = say("off");
  else chip.textContent = waiting ? say("waits", { count: waiting }) : say("synced");
  chip.classList.toggle("off", health === null);
  chip.classList.toggle("waits", health !== null && waiting > 0);
  at("rules").hidden = health === null;
  at("rules").textContent = health?.generation ? say("rules", health) : say("noRules");
  at("rules").classList.toggle("off", health?.generation === 0);
  at("clock").textContent = timeOfDay();
}

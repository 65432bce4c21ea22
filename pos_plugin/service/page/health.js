// How the service is: asked every two seconds, shown in the header.
import * as api from "./api.js";
import { at } from "./dom.js";
import { shop, timeOfDay } from "./format.js";
import { waitingSales } from "./hand_in.js";
import { say } from "./texts.js";

const LOOK_MS = 2000;

export let health = null;

export async function lookAtHealth() {
  try {
    health = await api.health();
    shop.currency = health.currency;
  } catch (error) {
    health = null;
    if (!api.isAway(error)) throw error;
  } finally {
    drawHealth();
  }
}

// `cameBack` runs when the service answers again, `each` after every look.
export function watchHealth({ cameBack, each, failed }) {
  setInterval(async () => {
    const wasAway = health === null;
    try {
      await lookAtHealth();
    } catch (error) {
      failed(error);
    }
    if (wasAway && health) cameBack();
    each();
  }, LOOK_MS);
}

export function drawHealth() {
  const waiting = (health ? health.last_seq - health.acked_seq : 0) + waitingSales().length;
  const chip = at("sync");
  if (health === null) chip.textContent = say("off");
  else chip.textContent = waiting ? say("waits", { count: waiting }) : say("synced");
  chip.classList.toggle("off", health === null);
  chip.classList.toggle("waits", health !== null && waiting > 0);
  at("rules").textContent = health?.generation ? say("rules", health) : say("noRules");
  at("clock").textContent = timeOfDay();
}

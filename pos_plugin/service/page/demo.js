// Only in the demo: things to scan, and the plug between the agent and head office.
import { at, element } from "./dom.js";
import { say, words } from "./texts.js";

const port = new URLSearchParams(location.search).get("demo");
const address = `http://127.0.0.1:${port}`;
let state = null;

export async function startDemo(scan) {
  if (!/^[1-9]\d{0,4}$/.test(port ?? "")) return;
  state = await (await fetch(`${address}/demo`)).json();
  at("plug").addEventListener("click", switchPlug);
  at("samples").addEventListener("click", (event) => {
    const { code } = event.target.closest("button")?.dataset ?? {};
    if (code) scan(code);
  });
  drawDemo();
  at("demo").hidden = false;
}

async function switchPlug() {
  const where = state.plugged ? "out" : "in";
  const answer = await fetch(`${address}/plug/${where}`, { method: "POST" });
  state.plugged = (await answer.json()).plugged;
  drawDemo();
}

// A printed voucher lies on the counter from now on: it can be scanned like everything else.
export function offerVoucher({ code, benefit }) {
  if (!state || !code) return;
  const text = `${benefit} …${code.slice(-5)}`;
  state.samples.unshift({ kind: "voucher", code, label: { de: text } });
  drawDemo();
}

export function drawDemo() {
  if (!state) return;
  at("plug").setAttribute("aria-checked", String(state.plugged));
  at("plug").title = say("plugHint");
  at("plug-text").textContent = say(state.plugged ? "plugged" : "unplugged");
  const buttons = state.samples.map(({ kind, code, label }) => {
    const made = element("button", kind, words(label, code));
    made.type = "button";
    made.dataset.code = code;
    return made;
  });
  at("samples").replaceChildren(...buttons);
}

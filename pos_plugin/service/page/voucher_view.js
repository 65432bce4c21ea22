// The printed voucher beside the receipt, page by page exactly as it left the printer.
import * as api from "./api.js";
import { at, element } from "./dom.js";
import { say } from "./texts.js";

const LOOK_MS = 400;
const LOOKS_MAX = 150; // a minute; afterwards the notices tell

let shown = { job: null };
let pictures = [];

// `code` is shown while there is no paper: it counts as well.
export function showVoucher(job, code) {
  shown = { job, code };
  pictures.forEach((one) => URL.revokeObjectURL(one));
  pictures = [];
  at("voucher").hidden = job === null;
  at("voucher-pages").replaceChildren();
  at("voucher-text").textContent = "";
  if (job !== null) follow(shown);
}

async function follow(mine) {
  for (let look = 0; look < LOOKS_MAX && shown === mine; look += 1) {
    try {
      if (await drawJob(mine)) return;
    } catch (error) {
      // Away for a moment: the paper does not change by that. A job that is gone shows nothing.
      if (!api.isAway(error)) return;
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

async function drawJob(mine) {
  const { text, pages, state } = await api.printJob(mine.job);
  if (shown !== mine) return true;
  const printed = ["CONFIRMED", "ASSUMED"].includes(state) && pages > 0;
  // While there is no paper the code on the screen counts; once there is, the bar on top speaks.
  const lines = [element("strong", "", text)];
  if (mine.code) lines.push(element("span", "code", say("codeOnScreen", mine)));
  at("voucher-text").replaceChildren(...(printed ? [] : lines));
  if (!printed) return false;
  const blobs = [];
  for (let page = 1; page <= pages; page += 1) blobs.push(await api.printedPage(mine.job, page));
  if (shown !== mine) return true;
  pictures = blobs.map((one) => URL.createObjectURL(one));
  at("voucher-pages").replaceChildren(...pictures.map(picture));
  return true;
}

function picture(source, place) {
  const made = element("img", "");
  made.src = source;
  made.alt = say("voucherPage", { page: place + 1 });
  return made;
}

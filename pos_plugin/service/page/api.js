// The loopback JSON API. The token comes behind # of the first address and never goes back there.
// Nobody waits long for an answer: a till that hangs is a till that is away.
import { screen } from "./texts.js";

const KEPT = "stammkunde.token";
const PATIENCE_MS = 1000;
const LONG = 3; // booking reaches the disk; the plugin itself gives up after 2 s

// A very slow machine may say ?patience_ms= in the address of the page.
const asked_ms = Number(new URLSearchParams(location.search).get("patience_ms"));
const SHORT_MS = asked_ms >= 100 && asked_ms <= 60_000 ? asked_ms : PATIENCE_MS;
const LONG_MS = LONG * SHORT_MS;

// What the service said no to; `code` is of its closed list.
export class Problem extends Error {
  constructor(status, document) {
    super(document.text ?? document.detail ?? document.title);
    this.status = status;
    this.code = document.code ?? document.refused;
  }
}

// Nobody answered in time.
export class Away extends Error {}

// The till is on its own: nobody answers, or the plugin cannot do its work just now.
export function isAway(error) {
  return error instanceof Away || error.code === "late" || error.status >= 500;
}

export function takeToken() {
  const given = location.hash.slice(1);
  if (given) {
    keepToken(given);
    history.replaceState(null, "", location.pathname + location.search);
  }
}

export const hasToken = () => Boolean(localStorage.getItem(KEPT));

export function keepToken(token) {
  localStorage.setItem(KEPT, token.trim());
}

function headers() {
  return {
    Authorization: `Bearer ${localStorage.getItem(KEPT) ?? ""}`,
    "Accept-Language": screen.language,
  };
}

async function request(method, path, { body, within_ms = SHORT_MS, read = "json" } = {}) {
  const sent = headers();
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  let value;
  try {
    const signal = AbortSignal.timeout(within_ms);
    answer = await fetch(path, { method, headers: sent, body: JSON.stringify(body), signal });
    value = await answer[answer.ok ? read : "json"]();
  } catch (error) {
    throw new Away(String(error));
  }
  if (!answer.ok || value.refused === "late") throw new Problem(answer.status, value);
  return value;
}

const get = (path, more) => request("GET", path, more);
const post = (path, body = {}, within_ms = SHORT_MS) => request("POST", path, { body, within_ms });
const sale = (id) => `/v1/sales/${encodeURIComponent(id)}`;
const approval = (number) => `/v1/approvals/${encodeURIComponent(number)}`;
const job = (id) => `/v1/print-jobs/${encodeURIComponent(id)}`;

export const health = () => get("/v1/health");
export const scan = (code, saleId) => post("/v1/scan", { code, sale_id: saleId });
export const payOut = (asked) => post("/v1/payouts", asked, LONG_MS);
export const printStatement = (asked) => post("/v1/statements/print", asked, LONG_MS);
export const createCustomer = (body) => post("/v1/customers", body, LONG_MS);
export const changeCustomer = (id, body) =>
  request("PATCH", `/v1/customers/${encodeURIComponent(id)}`, { body, within_ms: LONG_MS });
export const assignCard = (body) => post("/v1/cards/assign", body, LONG_MS);
export const keepConsent = (body) => post("/v1/consents", body, LONG_MS);
export const identify = (by) => post("/v1/customers/identify", by);

export const issueApproval = (body) => post("/v1/approvals", body, LONG_MS);
export const returnApproval = (number, body) => post(`${approval(number)}/return`, body, LONG_MS);
export const settleApproval = (number, body) => post(`${approval(number)}/settle`, body, LONG_MS);
export const evaluate = (snapshot) => request("PUT", sale(snapshot.sale_id), { body: snapshot });
export const complete = (id, completion) => post(`${sale(id)}/complete`, completion, LONG_MS);
export const suspend = (snapshot) =>
  post(`${sale(snapshot.sale_id)}/suspend`, { sale: snapshot }, LONG_MS);
export const recall = (id) => post(`${sale(id)}/recall`, {}, LONG_MS);
export const suspended = () => get("/v1/sales?state=suspended");

export const notices = () => get("/v1/notices");
export const acknowledge = (id) => post(`/v1/notices/${encodeURIComponent(id)}/acknowledge`);
export const printJob = (id) => get(job(id));
export const choosePrint = (id, choice) => post(`${job(id)}/${choice}`);
export const printedPage = (id, page) =>
  get(`${job(id)}/pages/${page}`, { within_ms: LONG_MS, read: "blob" });

// The stream of events; it stays open, so it has no time limit.
export function events(signal) {
  return fetch("/v1/events", { headers: headers(), signal });
}

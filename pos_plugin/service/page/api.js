// The loopback JSON API. The token comes behind # of the first address and never goes back there.
import { screen } from "./texts.js";

const KEPT = "stammkunde.token";

export class Problem extends Error {
  constructor(document) {
    super(document.detail ?? document.title);
    this.code = document.code;
  }
}

export function takeToken() {
  const given = location.hash.slice(1);
  if (given) {
    localStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
}

export function keepToken(token) {
  localStorage.setItem(KEPT, token.trim());
}

async function request(method, path, body) {
  const headers = {
    Authorization: `Bearer ${localStorage.getItem(KEPT) ?? ""}`,
    "Accept-Language": screen.language,
  };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body) });
  if (answer.ok) return answer;
  throw new Problem(await answer.json());
}

async function json(method, path, body) {
  return (await request(method, path, body)).json();
}

const sale = (id) => `/v1/sales/${encodeURIComponent(id)}`;
const job = (id) => `/v1/print-jobs/${encodeURIComponent(id)}`;

export const health = () => json("GET", "/v1/health");
export const scan = (code, saleId) => json("POST", "/v1/scan", { code, sale_id: saleId });
export const evaluate = (snapshot) => json("PUT", sale(snapshot.sale_id), snapshot);
export const complete = (id, completion) => json("POST", `${sale(id)}/complete`, completion);
export const printJob = (id) => json("GET", job(id));
export const printedPage = async (id) => (await request("GET", `${job(id)}/pages/1`)).blob();

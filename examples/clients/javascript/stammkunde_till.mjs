// Client of a till: asks `stammkunde serve` and sells at list price when no good answer comes.
// The same module for Node (18 or newer) and the browser; nothing but fetch.
//
//   const till = new StammkundeTill({ url, token, lateReceipts: inFile("late_receipts.jsonl") });
//   const evaluation = await till.evaluate(sale);
//   const receipt = await till.complete(sale, {
//     evaluation_id: evaluation.evaluation_id,
//     total_minor: evaluation.total_minor,
//   });
//
// Laws:
//
// 1. No call takes longer than its budget, however slowly the answer trickles in.
// 2. No call rejects because of the service; what is missing is said with `late` and `why`.
// 3. A receipt that could not be booked is kept and handed in later; its sale id books it once,
//    however often it is sent.
// 4. Money is integers, in minor units (cents).
//
// One object serves one till program; await one call before the next one.

// As in till.toml: when they are over, the service itself answers `late`.
export const BUDGETS_MS = { scan: 100, evaluate: 300, complete: 2000 };
// What the client waits longer than the service: its own answer is the better one.
const MARGIN_MS = 50;

export class StammkundeTill {
  #url;
  #headers;
  #lateReceipts;
  #budgetsMs;

  // url: as `stammkunde serve` names it; token: content of api.token in the data folder;
  // lateReceipts: inFile(path) of late_receipts_file.mjs, or inStorage(localStorage).
  constructor({ url, token, lateReceipts, budgetsMs = BUDGETS_MS }) {
    this.#url = url.replace(/\/$/, "");
    this.#headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    this.#lateReceipts = lateReceipts;
    this.#budgetsMs = budgetsMs;
  }

  // How the service is. Call it at the start: it opens the connection.
  health() {
    return this.#ask("GET", "/v1/health", undefined, "complete");
  }

  // What a code is: `kind` card, voucher or article; or `refused`.
  async scan(code) {
    const found = await this.#ask("POST", "/v1/scan", { code }, "scan");
    return found.late ? { ...found, refused: "late" } : found;
  }

  // What the sale costs, with all effects; at list price and `late` if need be.
  // `refused` is `conflict` when this sale is already completed: begin a new one.
  async evaluate(sale) {
    const value = await this.#ask("PUT", salePath(sale.sale_id), sale, "evaluate");
    if (Number.isInteger(value.total_minor) || value.refused === "conflict") return value;
    return listPrice(sale, value);
  }

  // Books what was charged; what waits is handed in with it.
  //
  // sale: the last snapshot. charged: `evaluation_id` (none when the sale went at list price),
  // `total_minor`, `tenders` and the rest of docs/sale.md. unreadCard: a card whose scan was
  // `late`; it is read when the receipt is handed in.
  //
  // Returns the receipt; or, not booked yet, `kept`: true = it waits, hand it in later; or `refused`
  // when this sale is already completed with another body.
  async complete(sale, charged, unreadCard) {
    const completion = { ...charged };
    if (!completion.evaluation_id) completion.late = true;
    const entry = { sale_id: sale.sale_id, completion, sale, card: unreadCard };
    const call = this.#call("complete");
    const { status, value } = await this.#book(entry, call);
    if (status === 200) {
      // Booked is booked; what may be wrong with the kept receipts, handIn() says.
      await this.#handIn(call).catch(() => 0);
    }
    if (status === 200 || status === 409) return value;
    try {
      this.#lateReceipts.save([...this.#lateReceipts.load(), entry]);
    } catch (fault) {
      return { ...value, late: true, kept: false, why: `not kept: ${fault.message}` };
    }
    return { ...value, late: true, kept: true, total_minor: charged.total_minor };
  }

  // Hands in what waits, as far as complete's budget reaches; how many were booked.
  // Rejects when the kept receipts cannot be read or written.
  handIn() {
    return this.#handIn(this.#call("complete"));
  }

  // How many receipts wait.
  waiting() {
    return this.#lateReceipts.load().length;
  }

  // What the service knows of a sale; `refused` is `sale_unknown` if nothing.
  answer(saleId) {
    return this.#ask("GET", salePath(saleId), undefined, "evaluate");
  }

  // Where a print job stands.
  printJob(job) {
    return this.#ask("GET", jobPath(job), undefined, "evaluate");
  }

  // Prints a voucher again, marked as a copy; the new print job.
  reprint(job) {
    return this.#ask("POST", `${jobPath(job)}/reprint`, {}, "evaluate");
  }

  async #handIn(call) {
    let booked = 0;
    let entries = this.#lateReceipts.load();
    while (entries.length > 0 && !call.signal.aborted) {
      const [entry, ...rest] = entries;
      const { status, value } = await this.#book(entry, call);
      if ([400, 404, 409, 413, 422].includes(status)) {
        // A person must look at it; the others shall not wait behind it.
        this.#lateReceipts.setAside({ ...entry, problem: value });
      } else if (status === 200) {
        booked += 1;
      } else {
        break;
      }
      entries = rest;
      this.#lateReceipts.save(entries);
    }
    return booked;
  }

  async #book(entry, call) {
    if (entry.card) {
      const found = await this.#send("POST", "/v1/scan", { code: entry.card }, call);
      const { refused, customer } = found.value;
      if (found.status !== 200 || refused === "late") return { status: 0, value: found.value };
      delete entry.card;
      if (customer) entry.sale = { ...entry.sale, customer: { id: customer.id } };
    }
    const path = `${salePath(entry.sale_id)}/complete`;
    const withSale = { ...entry.completion, sale: entry.sale };
    const body = entry.completion.late ? withSale : entry.completion;
    const booked = await this.#send("POST", path, body, call);
    // The service was started anew since the sale was evaluated.
    if (booked.value.refused === "sale_unknown") return this.#send("POST", path, withSale, call);
    return booked;
  }

  #call(name) {
    const budgetMs = this.#budgetsMs[name] + MARGIN_MS;
    return { budgetMs, beganMs: performance.now(), signal: AbortSignal.timeout(budgetMs) };
  }

  async #ask(method, path, body, budget) {
    const { status, value } = await this.#send(method, path, body, this.#call(budget));
    return status === 200 || value.refused ? value : { late: true, ...value };
  }

  // Status and object; status 0 with `why` when no good answer came.
  async #send(method, path, body, call) {
    const request = {
      method,
      headers: this.#headers,
      body: JSON.stringify(body),
      signal: call.signal, // ends the wait for the answer's last byte, too
      redirect: "error",
      cache: "no-store",
    };
    let reason = "";
    // Twice: the service may have closed a connection that was idle. Every call may be repeated.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        const answer = await fetch(this.#url + path, request);
        return read(method, path, answer.status, JSON.parse(await answer.text()), call);
      } catch (fault) {
        if (call.signal.aborted) return none(`no answer within ${call.budgetMs} ms`, call);
        reason = `no good answer: ${fault.cause?.code ?? fault.name}`;
      }
    }
    return none(reason, call);
  }
}

// The evaluation without the service: every line at its price, less manual discounts.
export function listPrice(sale, why) {
  const lines = sale.lines.map((line) => ({
    line_id: line.line_id,
    paid_minor:
      halfUp(line.quantity_milli * line.unit_price_minor, 1000) - (line.host_discount_minor ?? 0),
  }));
  const total_minor = lines.reduce((sum, line) => sum + line.paid_minor, 0);
  return { ...why, late: true, total_minor, lines, effects: [] };
}

// Late receipts of a till in the browser; `storage` is localStorage.
export function inStorage(storage, key = "stammkunde.late_receipts") {
  const load = (name) => JSON.parse(storage.getItem(name) ?? "[]");
  const save = (name, entries) => storage.setItem(name, JSON.stringify(entries));
  const refused = `${key}.refused`;
  return {
    load: () => load(key),
    save: (entries) => save(key, entries),
    setAside: (entry) => save(refused, [...load(refused), entry]),
  };
}

// Says of a problem document what it refuses.
function read(method, path, status, value, call) {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isObject || (status === 200 && !isAnswer(method, path, value))) {
    return none("no good answer: not of this service", call);
  }
  if (status === 200) return { status, value };
  // 202 is no problem document, but no good news either: its work goes on.
  const code = value.code ?? value.refused;
  const reason = `status ${status} ${code} ${value.where ?? ""}`.trimEnd();
  const problem = { why: reason, text: value.detail, ...report(call) };
  if (status === 404 || status === 409) problem.refused = code;
  return { status, value: problem };
}

// Whoever has taken the port: what is no receipt must not be taken for one.
function isAnswer(method, path, value) {
  if (method === "PUT" || path.endsWith("/complete")) return Number.isInteger(value.total_minor);
  return path !== "/v1/scan" || "kind" in value || "refused" in value;
}

function none(reason, call) {
  return { status: 0, value: { why: reason, ...report(call) } };
}

function report({ budgetMs, beganMs }) {
  return { budget_ms: budgetMs, waited_ms: Math.trunc(performance.now() - beganMs) };
}

// Halves away from zero, so a return is the mirror of its sale.
function halfUp(numerator, denominator) {
  const doubled = 2 * Math.abs(numerator) + denominator;
  const magnitude = (doubled - (doubled % (2 * denominator))) / (2 * denominator);
  return numerator >= 0 ? magnitude : -magnitude;
}

function salePath(saleId) {
  return `/v1/sales/${encodeURIComponent(saleId)}`;
}

function jobPath(job) {
  return `/v1/print-jobs/${encodeURIComponent(job)}`;
}

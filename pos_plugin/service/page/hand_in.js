// Sales that the plugin has not confirmed: kept on this till until it has. Handed in with the same
// words every time; the sale id sees to it that nothing is booked twice.
import * as api from "./api.js";

const KEPT = "stammkunde.handin";

export function waitingSales() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function store(list) {
  localStorage.setItem(KEPT, JSON.stringify(list));
}

export function keepForLater(sale_id, sold_at, completion) {
  store([...waitingSales(), { sale_id, sold_at, completion }]);
}

// Returns the receipts that were booked now. One that is refused stays, with the reason: a person
// has to look at it, asking again would not help.
export async function handIn() {
  const booked = [];
  for (const one of waitingSales().filter(({ refused }) => !refused)) {
    let outcome = null;
    try {
      booked.push(await api.complete(one.sale_id, one.completion));
    } catch (error) {
      if (api.isAway(error) || error.code === "unauthorized") return booked;
      outcome = { ...one, refused: error.message };
    }
    const others = waitingSales().filter(({ sale_id }) => sale_id !== one.sale_id);
    store(outcome ? [...others, outcome] : others);
  }
  return booked;
}

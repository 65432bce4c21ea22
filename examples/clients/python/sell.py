"""One sale through the plugin: scan, evaluate, complete, reprint.

    python sell.py http://127.0.0.1:8711 TOKEN [CODE ...]

Without arguments: STAMMKUNDE_URL and STAMMKUNDE_TOKEN; codes are a card and an article of the demo.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

from stammkunde_till import BUDGETS_MS, StammkundeTill

# The till's own prices: for an article whose scan is late, and for nothing else.
OWN_PRICES_MINOR = {"10001": 7999, "10041": 1999}


def main() -> int:
    given = sys.argv[1:]
    url = given[0] if given else os.environ["STAMMKUNDE_URL"]
    token = given[1] if len(given) > 1 else os.environ["STAMMKUNDE_TOKEN"]
    codes = given[2:] or ["2900001000017", "10001"]
    late_receipts = Path(os.environ.get("STAMMKUNDE_LATE", "late_receipts.jsonl"))
    with StammkundeTill(url, token, late_receipts, budgets_ms()) as till:
        health = till.health()
        print("health:", health.get("why", "ready"))
        print("handed in:", till.hand_in())
        is_basket = sell(till, codes)
        print("waiting:", till.waiting())
        show_connection(till.health())
    return 0 if is_basket else 1


def sell(till: StammkundeTill, codes: list[str]) -> bool:
    """Sell what the codes are; return whether there was anything to sell."""
    sale_id = os.environ.get("STAMMKUNDE_SALE") or str(uuid.uuid4())
    # The wall clock of the shop with its offset: validity and happy hours go by it.
    at = dt.datetime.now().astimezone().isoformat(timespec="seconds")  # noqa: TID251
    sale: dict[str, Any] = {"sale_id": sale_id, "at": at, "lines": []}
    unread_card = None
    for code in codes:
        found = till.scan(code)
        if "refused" not in found:
            print(f"scan {code}: {found['kind']}")
            take(sale, found)
            continue
        refused = f"scan {code}: {found['refused']}{because(found)}"
        is_late = found["refused"] == "late"
        # 29 and 13 digits is what our cards look like.
        if is_late and len(code) == 13 and code.startswith("29"):
            print(f"{refused}, read later")
            unread_card = code
        elif is_late and code in OWN_PRICES_MINOR:
            print(f"{refused}, own price")
            add_piece(sale, {"sku": code, "unit_price_minor": OWN_PRICES_MINOR[code]})
        else:
            print(f"{refused}, skipped")
    if not sale["lines"]:
        print("sale: nothing in the basket, not completed")
        return False

    evaluation = till.evaluate(sale)
    if "refused" in evaluation:
        print(f"evaluate: {evaluation['refused']}, begin a new sale")
        return True
    total_minor = evaluation["total_minor"]
    if evaluation.get("late"):
        print(f"evaluate: {total_minor} cents, late at list price{because(evaluation)}")
    else:
        print(f"evaluate: {total_minor} cents")
    for effect in evaluation["effects"]:
        print(f"  {effect['kind']}: {effect.get('text', '')}")

    # Vouchers that lower the price are off the receipt; those that pay are a tender of their own.
    charged_minor = total_minor - evaluation.get("voucher_discount_minor", 0)
    cash_minor = evaluation.get("payable_minor", charged_minor)
    receipt = till.complete(
        sale,
        {
            "evaluation_id": evaluation.get("evaluation_id"),
            "total_minor": charged_minor,
            "tenders": [{"tender": "cash", "amount_minor": cash_minor}],
        },
        unread_card,
    )
    if "refused" in receipt:
        print(f"complete: {receipt['refused']}{because(receipt)}")
    elif "kept" in receipt:
        kept = "kept for later" if receipt["kept"] else "NOT KEPT"
        print(f"complete: {receipt['total_minor']} cents, late, {kept}{because(receipt)}")
    else:
        print(f"complete: {receipt['total_minor']} cents")
        print("answer:", till.answer(sale_id).get("state"))
        reprint(till, receipt)
    return True


def take(sale: dict[str, Any], found: dict[str, Any]) -> None:
    """Take what a code is into the sale."""
    if found["kind"] == "card":
        sale["customer"] = found["customer"]
    elif found["kind"] == "voucher":
        sale.setdefault("codes", []).append({"code": found["code"]})
    elif found["kind"] == "article":
        add_piece(sale, found["line"])


def add_piece(sale: dict[str, Any], article: dict[str, Any]) -> None:
    """Add a line of one piece; the name of an article is for the receipt, no part of the line."""
    facts = {name: fact for name, fact in article.items() if name != "name"}
    line_id = str(len(sale["lines"]) + 1)
    sale["lines"].append({**facts, "line_id": line_id, "quantity_milli": 1000})


def reprint(till: StammkundeTill, receipt: dict[str, Any]) -> None:
    for effect in receipt["effects"]:
        if effect["kind"] == "print":
            job = effect["job"]
            print(f"voucher: job {job} {printed(till, job)}")
            again = till.reprint(job)
            print(f"reprint: job {again.get('job')}{because(again)}")


def show_connection(health: dict[str, Any]) -> None:
    """Say what the service saw of our connection: whether it is kept, whether packets waited."""
    if "connection" in health:
        seen = health["connection"]
        print(f"connection: {seen['requests']} requests, {seen['waited_requests']} waited")


def printed(till: StammkundeTill, job: str) -> str | None:
    """What is still on its way to the printer cannot be asked for again."""
    pause = threading.Event()
    state = None
    for _round in range(50):
        state = till.print_job(job).get("state")
        if state not in ("QUEUED", "SENDING"):
            break
        pause.wait(0.1)
    return state


def because(answer: dict[str, Any]) -> str:
    if "why" not in answer:
        return ""
    return f" ({answer['why']}; waited {answer['waited_ms']} of {answer['budget_ms']} ms)"


def budgets_ms() -> dict[str, int]:
    """STAMMKUNDE_BUDGETS_MS=100,300,2000: scan, evaluate, complete."""
    given = os.environ.get("STAMMKUNDE_BUDGETS_MS")
    return dict(zip(BUDGETS_MS, map(int, given.split(",")), strict=True)) if given else BUDGETS_MS


if __name__ == "__main__":
    sys.exit(main())

"""One customer, two purchases, over the loopback API: what a till does, printed as text."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import seed
from shop import DemoError

from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from relay import Relay
    from shop import Shop

WIDTH = 58
ACCOUNTS = {"points": "Punkte", "bonus": "Bonus"}
CARD = seed.card_number(100001)
FIRST_BASKET = ("10001", "10041", "10042", "10181", "10131", "10151", "10251", "10402")
SECOND_BASKET = ("10081", "10271", "10272")


def play(shop: Shop, relay: Relay, vouchers: Path) -> None:
    """Sell twice to the same customer; the second time the voucher pays, and the network is cut.

    Args:
        shop: the running processes.
        relay: the cable to head office.
        vouchers: folder that keeps the voucher's picture.
    """
    headers = {"Authorization": f"Bearer {shop.token}"}
    with httpx.Client(base_url=shop.url, headers=headers, trust_env=False, timeout=30) as client:
        till = Till(client, shop)
        print("1. Erster Einkauf / First purchase\n")
        receipt = till.sell("DEMO-1", FIRST_BASKET)
        voucher = next(one for one in receipt["effects"] if one["kind"] == "issue_voucher")
        picture = till.keep_picture(receipt, vouchers)
        shop.wait_until(lambda: till.waiting() == 0, "head office holds the receipt")

        relay.plug(into=False)
        print("\n2. Netz getrennt. Nächster Einkauf mit dem Gutschein /")
        print("   Network cut. Next purchase with the voucher\n")
        receipt = till.sell("DEMO-2", SECOND_BASKET, code=voucher["code"])
        # That its voucher is on paper is an event, too.
        till.wait_for_paper(receipt)
        waiting = till.waiting()

        relay.plug(into=True)
        shop.wait_until(lambda: till.waiting() == 0, "head office holds both receipts")
        print("\n3. Netz wieder da / Network back")
        print(f"   Wartende Ereignisse: {waiting}, jetzt hat die Zentrale alle. /")
        print(f"   Events that had waited: {waiting}, head office holds all of them now.\n")
        till.show_customer()
        print(f"\nGutschein / voucher: {picture}")


class Till:
    """The host's side of the loopback API.

    Args:
        client: knows address and token.
        shop: says when a process has ended.
    """

    def __init__(self, client: httpx.Client, shop: Shop) -> None:
        self._client = client
        self._shop = shop

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to one call."""
        answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        value: dict[str, Any] = answer.json()
        return value

    def sell(self, sale_id: str, skus: tuple[str, ...], code: str = "") -> dict[str, Any]:
        """Scan a card and articles, complete the sale, print the receipt, return the answer."""
        card = self.ask("POST", "/v1/scan", {"code": CARD})
        names: dict[str, str] = {}
        lines = []
        for number, sku in enumerate(skus, start=1):
            line = self.ask("POST", "/v1/scan", {"code": sku})["line"]
            names[str(number)] = line.pop("name")
            lines.append({**line, "line_id": str(number), "quantity_milli": 1000})
        snapshot: dict[str, Any] = {
            "sale_id": sale_id,
            "at": SystemClock().now().isoformat(timespec="milliseconds"),
            "customer": card["customer"],
            "tenders": ["cash"],
            "lines": lines,
        }
        if code:
            snapshot["codes"] = [{"code": self.ask("POST", "/v1/scan", {"code": code})["code"]}]
        result = self.ask("PUT", f"/v1/sales/{sale_id}", snapshot)
        for effect in result["effects"]:
            if effect["kind"] == "message":
                raise DemoError(effect["text"])
        total_minor = result["total_minor"]
        completion = {
            "evaluation_id": result["evaluation_id"],
            "total_minor": total_minor,
            "tenders": [{"tender": "cash", "amount_minor": total_minor}],
        }
        receipt = self.ask("POST", f"/v1/sales/{sale_id}/complete", completion)
        print_receipt(result, receipt, names, card["panel"]["name"])
        return receipt

    def wait_for_paper(self, receipt: dict[str, Any]) -> str:
        """Wait until the receipt's voucher is on paper, return the address of its print job."""
        job = next(one["job"] for one in receipt["effects"] if one["kind"] == "print")
        path = f"/v1/print-jobs/{job}"
        self._shop.wait_until(
            lambda: self.ask("GET", path)["state"] == "CONFIRMED", "the voucher is printed"
        )
        return path

    def keep_picture(self, receipt: dict[str, Any], folder: Path) -> Path:
        """Wait for the voucher's paper and put its picture into a folder that stays."""
        path = self.wait_for_paper(receipt)
        folder.mkdir(parents=True, exist_ok=True)
        picture = folder / "voucher.png"
        answer = self._client.get(f"{path}/pages/1")
        answer.raise_for_status()
        picture.write_bytes(answer.content)
        return picture

    def waiting(self) -> int:
        """Return how many events head office does not hold yet."""
        health = self.ask("GET", "/v1/health")
        return int(health["last_seq"]) - int(health["acked_seq"])

    def show_customer(self) -> None:
        """Print what the cashier sees of the customer now."""
        panel = self.ask("POST", "/v1/scan", {"code": CARD})["panel"]
        print(f"   {panel['name']}, {panel['number']}")
        for balance in panel["balances"]:
            value = balance["value"]
            shown = euro(value) if balance["unit"] == "EUR_MINOR" else f"{value}"
            print(f"   {ACCOUNTS[balance['program']]}: {shown}")
        for voucher in panel["vouchers"]:
            print(f"   {voucher['title']} {voucher['benefit']} bis {day(voucher['valid_to_on'])}")


def print_receipt(
    result: dict[str, Any], receipt: dict[str, Any], names: dict[str, str], customer: str
) -> None:
    """Print a receipt with every discount and its reason."""
    print("   " + "Modehaus Sonnenschein".center(WIDTH))
    at = dt.datetime.fromisoformat(receipt["completed_at"]).strftime("%d.%m.%Y %H:%M")
    row(f"Bon {receipt['sale_id']}  {customer}", at)
    print("   " + "-" * WIDTH)
    texts = {one["promotion"]: one["text"] for one in result["effects"] if "line_id" in one}
    whole: Counter[str] = Counter()
    for line in result["lines"]:
        row(names[line["line_id"]], euro(line["gross_minor"]))
        own: Counter[str] = Counter()
        for one in line["discounts"]:
            given = own if one["layer"] == "article" else whole
            given[one["promotion"]] += one["discount_minor"]
        for promotion, discount_minor in own.items():
            row(f"  {texts[promotion]}", euro(-discount_minor))
    print("   " + "-" * WIDTH)
    row("Zwischensumme", euro(result["total_minor"] + whole.total()))
    for promotion, discount_minor in whole.items():
        row(f"  {texts[promotion]}", euro(-discount_minor))
    row("ZU ZAHLEN", euro(receipt["total_minor"]))
    row("Ihre Ersparnis", euro(receipt["discount_minor"]))
    for earned in receipt["earned"]:
        amount = earned["amount"]
        is_money = earned["account"] == "bonus"
        row(f"+ {ACCOUNTS[earned['account']]}", euro(amount) if is_money else str(amount))
    for effect in receipt["effects"]:
        if effect["kind"] == "issue_voucher":
            row(f"Gutschein: {effect['benefit']}", f"bis {day(effect['valid_to_on'])}")
    for effect in result["effects"]:
        if effect["kind"] == "rejected":
            row(effect["text"], "")


def row(left: str, right: str) -> None:
    """Print a line of the receipt."""
    print(f"   {left[: WIDTH - len(right) - 1]:<{WIDTH - len(right)}}{right}")


def day(iso: str) -> str:
    """Return a date as a person reads it.

    >>> day("2026-12-22")
    '22.12.2026'
    """
    return dt.date.fromisoformat(iso).strftime("%d.%m.%Y")


def euro(minor: int) -> str:
    """Return cents as a person reads them.

    >>> euro(-123456)
    '-1.234,56 €'
    """
    sign = "-" if minor < 0 else ""
    whole = f"{abs(minor) // 100:,}".replace(",", ".")
    return f"{sign}{whole},{abs(minor) % 100:02d} €"

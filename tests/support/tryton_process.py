"""A Tryton server process with a shop: ``tryton_process.py FOLDER``, one JSON line a request.

Runs Tryton in process, driven by its own client library; database ``shop.sqlite`` of the folder has
the point of sale module, and gets the example's module here, as a shop would add it.
"""

# ruff: noqa: E402 - Tryton reads where its database is when it is imported.
from __future__ import annotations

import json
import os
import sys
import time
from decimal import Decimal
from typing import Any

FOLDER = sys.argv[1]
os.environ["TRYTOND_DATABASE_URI"] = "sqlite://"
os.environ["TRYTOND_DATABASE__PATH"] = FOLDER

from proteus import Model
from proteus import config as proteus_config
from trytond.modules.account.tests.tools import (
    create_chart,
    create_fiscalyear,
    create_tax,
    get_accounts,
)
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company
from trytond.pool import Pool
from trytond.transaction import Transaction

MODULE = "sale_point_stammkunde"
RATES = {"19": Decimal("0.19"), "7": Decimal("0.07")}


class Shop:
    """A company with a point of sale whose prices include VAT at 19 % or 7 %."""

    def __init__(self) -> None:
        create_company(currency="EUR")
        create_chart()
        set_fiscalyear_invoice_sequences(create_fiscalyear()).click("create_period")
        self.accounts = get_accounts()
        self.products: dict[str, Any] = {}
        self.categories = {name: self._category(name, rate) for name, rate in RATES.items()}
        self.point = self._point()
        self.cash = Model.get("sale.point.payment.method")(name="Bar")
        self.cash.account = self.accounts["cash"]
        self.cash.cash = True
        self.cash.save()

    def _category(self, name: str, rate: Decimal) -> Any:
        tax = create_tax(rate)
        tax.save()
        category = Model.get("product.category")(name=f"{name} %", accounting=True)
        category.account_revenue = self.accounts["revenue"]
        category.customer_taxes.append(tax)
        category.save()
        return category

    def _point(self) -> Any:
        sequences = Model.get("ir.sequence.strict")
        locations = Model.get("stock.location")
        (journal,) = Model.get("account.journal").find([("type", "=", "revenue")], limit=1)
        point = Model.get("sale.point")(name="Kasse 3", journal=journal)
        point.sequence = sequences(name="Bon", company=point.company)
        types = Model.get("ir.sequence.type")
        (point.sequence.sequence_type,) = types.find([("name", "=", "POS")], limit=1)
        point.sequence.save()
        (point.storage_location,) = locations.find([("code", "=", "STO")])
        (point.customer_location,) = locations.find([("code", "=", "CUS")])
        point.save()
        return point

    def article(self, sku: str, price: str, vat: str) -> dict[str, Any]:
        """A product with its price, VAT included."""
        (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
        template = Model.get("product.template")(name=f"Artikel {sku}", default_uom=unit)
        template.type = "goods"
        template.salable = True
        template.account_category = self.categories[vat]
        template.gross_price = Decimal(price)
        template.save()
        (product,) = template.products
        product.suffix_code = sku
        product.save()
        self.products[sku] = product
        return {"code": product.code}

    def ids(self) -> dict[str, Any]:
        """What a remote client names in its calls."""
        products = {sku: product.id for sku, product in self.products.items()}
        return {"point": self.point.id, "cash": self.cash.id, "products": products}

    def till(self, **settings: Any) -> dict[str, Any]:
        """Which till the point of sale asks, and how long it waits."""
        for name, value in settings.items():
            setattr(self.point, f"stammkunde_{name}", value)
        self.point.save()
        return {}

    def open(self, card: str, lines: list[list[Any]], codes: str = "") -> dict[str, Any]:
        """A new sale, saved: article and number of pieces of each line."""
        sale = Model.get("sale.point.sale")(point=self.point)
        sale.stammkunde_card = card
        sale.stammkunde_codes = codes
        for sku, quantity in lines:
            line = sale.lines.new()
            line.product = self.products[sku]
            line.quantity = quantity
        sale.save()
        return self.look(sale.id)

    def change(self, sale: int, line: int, quantity: float) -> dict[str, Any]:
        """Another number of pieces of a line, saved with the sale."""
        record = Model.get("sale.point.sale")(sale)
        record.lines[line].quantity = quantity
        record.save()
        return self.look(sale)

    def pay(self, sale: int) -> dict[str, Any]:
        """Press "pay", and pay what is asked in cash."""
        record = Model.get("sale.point.sale")(sale)
        payment = record.click("pay")
        payment.form.method = self.cash
        payment.execute("pay")
        return self.look(sale)

    def pay_unasked(self, sale: int, line: int, quantity: float) -> dict[str, Any]:
        """What a careless remote client may do: change a line behind its sale, pay, not press."""
        changed = Model.get("sale.point.sale")(sale).lines[line]
        changed.quantity = quantity
        changed.save()
        record = Model.get("sale.point.sale")(sale)
        payment = Model.get("sale.point.payment")(sale=record, method=self.cash)
        payment.amount = record.total
        payment.save()
        record.click("process")
        return self.look(sale)

    def post(self, sale: int) -> dict[str, Any]:
        """Book stock and accounts; what is queued for after the commit runs, too."""
        Model.get("sale.point.sale")(sale).click("post")
        return self.look(sale)

    def cron(self) -> dict[str, Any]:
        """The scheduled task of the module, now."""
        method = "sale.point.sale|stammkunde_hand_in_waiting"
        (task,) = Model.get("ir.cron").find([("method", "=", method)])
        task.click("run_once")
        return {}

    def look(self, sale: int) -> dict[str, Any]:
        """A sale as a client reads it; after posting with base and tax a rate from the move."""
        record = Model.get("sale.point.sale")(sale)
        return {
            "sale": sale,
            "state": record.state,
            "number": record.number,
            "total": str(record.total),
            "tax": str(record.total_tax),
            "lines": [[str(line.amount), line.stammkunde_reason] for line in record.lines],
            "stammkunde": record.stammkunde_state,
            "remarks": record.stammkunde_remarks,
            "remembered": bool(record.stammkunde_customer or record.stammkunde_evaluation),
            "booked": self._booked(record.move) if record.move else None,
        }

    def _booked(self, move: Any) -> dict[str, dict[str, str]]:
        sums = {name: {"base": Decimal(0), "tax": Decimal(0)} for name in RATES}
        names = {rate: name for name, rate in RATES.items()}
        for line in move.lines:
            for one in line.tax_lines:
                sums[names[one.tax.rate]][one.type] += one.amount
        return {name: {kind: str(sum_) for kind, sum_ in one.items()} for name, one in sums.items()}


def add_module() -> None:
    """Activate the example's module, as an administrator does."""
    Pool.start()
    Pool("shop").init(update=[MODULE])
    with Transaction().start("shop", 0, readonly=True):
        modules = Pool("shop").get("ir.module").search([("name", "=", MODULE)])
        assert [one.state for one in modules] == ["activated"]


def main() -> None:
    # What Tryton prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    add_module()
    proteus_config.set_trytond("sqlite:///shop")
    shop = Shop()
    for line in sys.stdin:
        request = json.loads(line)
        started_s = time.monotonic()
        answer = getattr(shop, request.pop("do"))(**request)
        answer["took_s"] = time.monotonic() - started_s
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

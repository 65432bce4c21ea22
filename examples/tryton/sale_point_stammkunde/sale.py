"""A sale asks the till what holds, sells at list price without it, and hands every receipt in.

1. Whenever sale or lines are saved, and before payment, the whole basket is evaluated; the answer
   to an unchanged basket stands and is not asked for again.
2. No answer in time: list price. Nothing of the till ever stops a sale.
3. The till learns of a receipt once Tryton has committed it: a task hands it in, the scheduled task
   repeats what failed. The till answers the same receipt again, so nothing is booked twice.
"""

# ruff: noqa: ANN001, ANN206 - what is overridden here has no types in Tryton either.
from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from trytond.model import ModelView, Workflow, fields
from trytond.modules.product import round_price
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval

from .basket import basket, charged, from_minor, given, reasons, remarks, sale_id, to_minor
from .client import AwayError, Deadline, RefusedError, Till

_OPEN_ONLY = {"readonly": Eval("state") != "open"}
# Where a change makes the answer of the till old.
_ASKED = frozenset({"lines", "stammkunde_card", "stammkunde_codes"})


class Sale(metaclass=PoolMeta):
    """The customer's card, and what the till said last."""

    __name__ = "sale.point.sale"

    stammkunde_card = fields.Char("Customer Card", states=_OPEN_ONLY)
    stammkunde_codes = fields.Char(
        "Vouchers", states=_OPEN_ONLY, help="Scanned codes with blanks in between."
    )
    stammkunde_remarks = fields.Text("Promotions", readonly=True)
    stammkunde_state = fields.Selection(
        [
            (None, ""),
            ("evaluated", "With Promotions"),
            ("list_price", "At List Price"),
            ("to_hand_in", "To Hand In"),
            ("handed_in", "Handed In"),
            ("refused", "Refused"),
        ],
        "Stammkunde",
        readonly=True,
        sort=False,
    )
    # JSON of {card, customer}: sent back unchanged with every snapshot, forgotten when handed in.
    stammkunde_customer = fields.Text("Customer of the Card", readonly=True)
    # JSON of the answer that the prices come from; empty at list price. Forgotten when handed in.
    stammkunde_evaluation = fields.Text("Evaluation", readonly=True)

    @classmethod
    def on_modification(cls, mode, sales, field_names=None):
        super().on_modification(mode, sales, field_names=field_names)
        if mode == "create" or (mode == "write" and _ASKED.intersection(field_names)):
            cls.stammkunde_evaluate(sales)

    @classmethod
    def pay(cls, sales):
        cls.stammkunde_evaluate(sales)
        return super().pay(sales)

    @classmethod
    @ModelView.button
    @Workflow.transition("posted")
    def post(cls, sales):
        super().post(sales)
        known = [sale for sale in sales if sale.point.stammkunde_till]
        if known:
            cls.write(known, {"stammkunde_state": "to_hand_in"})
            # After the commit: no receipt at the till that Tryton then rolls back.
            cls.__queue__.stammkunde_hand_in(known)

    @classmethod
    def copy(cls, sales, default=None):
        default = {} if default is None else default.copy()
        for name in ("card", "codes", "remarks", "state", "customer", "evaluation"):
            default.setdefault(f"stammkunde_{name}", None)
        return super().copy(sales, default=default)

    @classmethod
    def stammkunde_evaluate(cls, sales) -> None:
        """Give open sales the prices that hold now."""
        for sale in sales:
            till = sale.point.stammkunde_till
            if till and sale.state == "open" and sale.lines:
                sale.stammkunde_ask_prices(till)

    @classmethod
    def stammkunde_hand_in(cls, sales) -> None:
        """Tell the tills what posted sales charged; the first silence of a till ends its turn."""
        away = set()
        for sale in sales:
            till = sale.point.stammkunde_till
            if sale.stammkunde_state != "to_hand_in" or till is None or till in away:
                continue
            try:
                sale.stammkunde_tell_charged(till)
            except AwayError:
                away.add(till)

    @classmethod
    def stammkunde_hand_in_waiting(cls) -> None:
        """Hand in every sale that waits, in the order in which they were sold."""
        cls.stammkunde_hand_in(
            cls.search([("stammkunde_state", "=", "to_hand_in")], order=[("id", "ASC")])
        )

    def stammkunde_ask_prices(self, till: Till) -> None:
        """Set the prices of the till, or list prices when it does not answer in time."""
        deadline = Deadline.after(self.point.stammkunde_evaluate_ms)
        try:
            evaluation = self._stammkunde_evaluation_now(till, deadline)
        except (AwayError, RefusedError) as fault:
            self._stammkunde_set_prices({}, {})
            self.stammkunde_state = "list_price"
            self.stammkunde_evaluation = None
            self.stammkunde_remarks = f"Sold at list price: {fault}"
        else:
            self._stammkunde_set_prices(evaluation["paid_minor"], evaluation["reasons"])
            self.stammkunde_state = "evaluated"
            self.stammkunde_evaluation = json.dumps(evaluation)
            self.stammkunde_remarks = evaluation["remarks"]
        self.save()

    def stammkunde_tell_charged(self, till: Till) -> None:
        """Hand in what was charged.

        Raises:
            AwayError: no answer; the same is to be said again later.
        """
        deadline = Deadline.after(self.point.stammkunde_complete_ms)
        evaluation = _read(self.stammkunde_evaluation)
        # A line changed behind its sale was never evaluated: what was charged is what counts.
        if evaluation and basket(self) == _without_customer(evaluation["snapshot"]):
            snapshot = {**evaluation["snapshot"], "generation": evaluation["generation"]}
        else:
            evaluation = None
            snapshot = self._stammkunde_snapshot(till, deadline)
            # Every attempt says the same, whatever is known of the card by then.
            self.save()
        address = f"/v1/sales/{sale_id(self)}"
        try:
            completion = charged(self, snapshot, evaluation)
            receipt = till.ask("POST", f"{address}/complete", completion, deadline)
        except RefusedError as fault:
            receipt = self._stammkunde_receipt_of(till, deadline)
            if receipt is None or receipt["total_minor"] != to_minor(self.total):
                self.stammkunde_state = "refused"
                self.stammkunde_remarks = str(fault)
                self.save()
                return
        self.stammkunde_state = "handed_in"
        self.stammkunde_remarks = remarks(receipt["effects"])
        self.stammkunde_customer = None
        self.stammkunde_evaluation = None
        self.save()

    def _stammkunde_evaluation_now(self, till: Till, deadline: Deadline) -> dict[str, Any]:
        """Return the answer that holds for the sale as it is."""
        snapshot = self._stammkunde_snapshot(till, deadline)
        last = _read(self.stammkunde_evaluation)
        if last and last["snapshot"] == snapshot:
            return last
        # A queue never loses its happy hour: the rules stay those of the first answer.
        rules = {"generation": last["generation"]} if last else {}
        answer = till.ask("PUT", f"/v1/sales/{sale_id(self)}", {**snapshot, **rules}, deadline)
        if answer.get("late"):
            raise AwayError("the till was too slow itself")
        effects = answer["effects"]
        return {
            "snapshot": snapshot,
            "generation": answer["generation"],
            "evaluation_id": answer["evaluation_id"],
            "applied": given(effects),
            "paid_minor": {line["line_id"]: line["paid_minor"] for line in answer["lines"]},
            "reasons": reasons(effects),
            "remarks": remarks(effects),
        }

    def _stammkunde_snapshot(self, till: Till, deadline: Deadline) -> dict[str, Any]:
        snapshot = basket(self)
        customer = self._stammkunde_customer_of_card(till, deadline)
        return {**snapshot, "customer": customer} if customer else snapshot

    def _stammkunde_customer_of_card(self, till: Till, deadline: Deadline) -> dict | None:
        """Return what the till said of the card, asked once a card."""
        card = self.stammkunde_card
        if not card:
            return None
        known = _read(self.stammkunde_customer)
        if not known or known["card"] != card:
            try:
                customer = till.ask("POST", "/v1/scan", {"code": card}, deadline).get("customer")
            except RefusedError:
                customer = None
            known = {"card": card, "customer": customer}
            self.stammkunde_customer = json.dumps(known)
        return known["customer"]

    def _stammkunde_set_prices(self, paid_minor: dict[str, int], reasons: dict[str, str]) -> None:
        """Set the price of each line; a line that is not named stands at its list price."""
        changed = []
        for line in self.lines:
            name = str(line.id)
            quantity = Decimal(str(line.quantity))
            price = line.stammkunde_tag_price
            if name in paid_minor:
                paid = from_minor(paid_minor[name])
                if paid != self.currency.round(quantity * price):
                    # Four decimals: exact to the cent for up to 99 pieces. Beyond that what Tryton
                    # makes of it is what was charged, and is handed in as such.
                    price = round_price(paid / quantity)
            if line.stammkunde_set_price(price, reasons.get(name)):
                changed.append(line)
        Pool().get("sale.point.sale.line").save(changed)

    def _stammkunde_receipt_of(self, till: Till, deadline: Deadline) -> dict | None:
        """Return the receipt that the till has, from an answer that came too late."""
        try:
            return till.ask("GET", f"/v1/sales/{sale_id(self)}", None, deadline).get("receipt")
        except RefusedError:
            return None


def _read(text: str | None) -> dict[str, Any] | None:
    return json.loads(text) if text else None


def _without_customer(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in snapshot.items() if name != "customer"}

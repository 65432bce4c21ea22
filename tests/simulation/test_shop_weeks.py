"""Random weeks of a shop at one till: what customers have is what happened, in any order.

Sales, returns, voids, vouchers, pay-outs, rewards, rentals and goods on approval on a clock that
jumps, in a till process that is killed with ``kill -9`` between calls and before any statement of a
booking. A plain model says what must come out; at the end the journal is sent to an empty head
office over HTTP, twice. Broken tills are the negative controls: the machine must find them out.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import Site, caller
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ledger_audit import audit
from sale_counters import Died
from shop_counter import ShopCounter
from sqlalchemy import select
from till_builder import NOON, TillBuilder, points, voucher_promotion
from vouchers_with_value import value_type

from head_office import storage
from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Small in CI; `make soak` asks for more.
EXAMPLES = int(os.environ.get("STAMMKUNDE_SOAK_EXAMPLES", "6"))
STEPS = int(os.environ.get("STAMMKUNDE_SOAK_STEPS", "30"))

KILL_AT = st.integers(0, 7).flatmap(lambda drawn: st.integers(1, 30) if drawn == 7 else st.just(0))
CUSTOMERS = ("K1", "K2")
WHO = st.sampled_from(["K1", "K1", "K2", None])
PROGRAMS = ("points", "bonus")
PRICES = {"1": 1999, "2": 3000}
COUPON, PAID_OUT, GIFT = "TREUE5", "BONUS", "GIFT"
GIFT_MINOR = 2500
REWARD_POINTS = 40
RENTAL_POINTS = 5
PAYOUT_MIN = 100
LIFE = ("buy", "use", "use", "days", "pay out", "void", "part", "rest")
GOODS = {"kleid": 9900, "rock": 4900}
# What stands between a sum of entries and what can be spent of it.
BONUS_MATURITY_DAYS = 2


@dataclass
class Voucher:
    """What must be true of a voucher; ``left_minor``: of its value, None for a coupon."""

    id: str
    code: str
    type: str
    holder: str | None
    from_on: str
    to_on: str
    state: str = "issued"
    left_minor: int | None = None
    value_minor: int | None = None

    def usable(self, customer: str | None, on: str) -> bool:
        is_holder = self.type == GIFT or self.holder == customer
        is_open = self.state in ("issued", "partly_redeemed")
        return is_open and is_holder and self.from_on <= on <= self.to_on

    def use(self, minor: int | None) -> None:
        if minor is None or self.left_minor is None:
            self.state = "redeemed"
            return
        self.left_minor -= minor
        self.settle()

    def give_back(self, minor: int | None) -> None:
        if minor is None or self.left_minor is None:
            self.state = "issued"
            return
        self.left_minor += minor
        self.settle()

    def settle(self) -> None:
        if self.left_minor == 0:
            self.state = "redeemed"
        else:
            self.state = "issued" if self.left_minor == self.value_minor else "partly_redeemed"


@dataclass
class Sold:
    """A receipt: what it had, gave and took, and what came back of it."""

    customer: str | None
    left: dict[str, int]
    total_minor: int
    net: dict[str, int]
    used: Voucher | None
    used_minor: int | None
    issued: list[str]
    answer: dict[str, Any]
    basket: dict[str, Any]
    refunded_minor: int = 0
    to_vouchers_minor: int = 0
    returns: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    void: dict[str, Any] | None = None

    @property
    def is_back(self) -> bool:
        return self.void is not None or not any(self.left.values())


class ShopWeeks(RuleBasedStateMachine):
    """A till, its clock, and a model of everything that customers have."""

    template: Path
    counter: ShopCounter
    broken: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="shop-weeks-"))
        self.folder = self.root / "till"
        shutil.copytree(self.template, self.folder)
        self.at = NOON
        self.numbers: dict[str, int] = defaultdict(int)
        self.sums: dict[tuple[str, str], int] = defaultdict(int)
        self.vouchers: dict[str, Voucher] = {}
        self.sales: dict[str, Sold] = {}
        self.rentals: dict[str, tuple[str, str]] = {}
        self.pieces: dict[str, dict[str, str]] = {}
        self.restart()

    def teardown(self) -> None:
        self.counter.kill()
        try:
            # A broken till is found at the till, or it is not.
            if not self.broken:
                self.head_office_says_the_same(sent(self.folder))
        finally:
            shutil.rmtree(self.root)

    @property
    def today(self) -> str:
        return self.at.date().isoformat()

    def number(self, letter: str) -> str:
        self.numbers[letter] += 1
        return f"{letter}{self.numbers[letter]}"

    def ask(self, call: str, *args: Any, kill_at: int = 0) -> dict[str, Any]:
        """Call the till; one that dies in the middle is started and asked the same again."""
        at = self.at.isoformat()
        kill_at = 0 if self.broken else kill_at
        try:
            got = self.counter.ask(call, *args, kill_at=kill_at, at=at)
        except Died:
            self.restart()
            got = self.counter.ask(call, *args, at=at)
        return got

    def restart(self) -> None:
        self.counter.open(self.folder / "till.toml", self.at.isoformat(), self.broken)

    def booked(self, call: str, *args: Any, kill_at: int = 0) -> dict[str, Any]:
        """Call what is booked once: the same call again says the same."""
        got = self.ask(call, *args, kill_at=kill_at)
        if "answer" in got:
            assert self.ask(call, *args) == got
        return got

    # --- the clock and the process ----------------------------------------------------------------

    @rule(hours=st.sampled_from([-1, 1, 5, 24, 72, 24 * 20]))
    def time_passes(self, hours: int) -> None:
        self.at += dt.timedelta(hours=hours)

    @rule(drawn=st.integers(0, 3))
    def kill(self, drawn: int) -> None:
        if drawn == 0:
            self.restart()

    # --- sales ------------------------------------------------------------------------------------

    @rule(
        customer=WHO,
        trousers=st.integers(1, 3),
        shirts=st.integers(0, 2),
        use=st.none() | st.integers(0, 9),
        points_off=st.sampled_from([0, 0, 0, 100, 250]),
        kill_at=KILL_AT,
    )
    def sell(
        self,
        customer: str | None,
        trousers: int,
        shirts: int,
        use: int | None,
        points_off: int,
        kill_at: int,
    ) -> None:
        self.sell_at(customer, {"1": trousers, "2": shirts}, use, points_off, kill_at)

    def sell_at(
        self,
        customer: str | None,
        counts: dict[str, int],
        use: int | None,
        points_off: int,
        kill_at: int,
    ) -> None:
        lines = [
            {
                "line_id": one,
                "sku": f"A{one}",
                "quantity_milli": count * 1000,
                "unit_price_minor": PRICES[one],
                "vat_rate_bp": 1900,
            }
            for one, count in counts.items()
            if count
        ]
        voucher = None
        if use is not None and self.vouchers:
            voucher = list(self.vouchers.values())[use % len(self.vouchers)]
        codes: list[dict[str, Any]] = [{"code": voucher.code}] if voucher else []
        if points_off and customer:
            codes.append({"code": "reward:EURO", "amount_minor": points_off})
        self.buy(customer, lines, voucher, codes, kill_at=kill_at)

    # What follows one another at every counter, so that vouchers are drawn often enough.
    @precondition(lambda self: any(one.state == "issued" for one in self.vouchers.values()))
    @rule(data=st.data(), trousers=st.integers(1, 2), kill_at=KILL_AT)
    def sell_with_voucher(self, data: st.DataObject, trousers: int, kill_at: int) -> None:
        places = [
            place for place, one in enumerate(self.vouchers.values()) if one.state == "issued"
        ]
        use = data.draw(st.sampled_from(places))
        holder = list(self.vouchers.values())[use].holder or "K1"
        self.sell_at(holder, {"1": trousers, "2": 1}, use, 0, kill_at)

    @precondition(lambda self: any(one.used for one in self.sales.values()))
    @rule(data=st.data(), customer=WHO, trousers=st.integers(1, 2))
    def sell_with_a_used_voucher(
        self, data: st.DataObject, customer: str | None, trousers: int
    ) -> None:
        used = {one.used.id for one in self.sales.values() if one.used}
        places = [place for place, one in enumerate(self.vouchers) if one in used]
        use = data.draw(st.sampled_from(places))
        holder = list(self.vouchers.values())[use].holder or customer
        self.sell_at(holder, {"1": trousers, "2": 1}, use, 0, 0)

    def buy(
        self,
        customer: str | None,
        lines: list[dict[str, Any]],
        voucher: Voucher | None = None,
        codes: list[dict[str, Any]] | None = None,
        *,
        sale_id: str | None = None,
        kill_at: int = 0,
    ) -> dict[str, Any]:
        sale_id = sale_id or self.number("S")
        basket: dict[str, Any] = {
            "sale_id": sale_id,
            "at": self.at.isoformat(timespec="milliseconds"),
            "codes": codes or [],
            "lines": lines,
        }
        if customer:
            basket["customer"] = {"id": customer}
        evaluation = self.ask("sales.evaluate", basket)["answer"]
        effects = evaluation["effects"]
        gross_minor = sum(one["unit_price_minor"] * one["quantity_milli"] // 1000 for one in lines)
        assert evaluation["gross_minor"] == gross_minor
        refused = {one["code"]: one["reason"] for one in effects if one["kind"] == "rejected"}
        off_minor, used_minor, paid_minor = 0, None, 0
        if voucher is not None:
            is_usable = voucher.usable(customer, self.today)
            assert (voucher.code not in refused) == is_usable, (voucher, refused)
            if not is_usable:
                voucher = None
            elif voucher.left_minor is None:
                off_minor = min(500, gross_minor)
            elif voucher.type == GIFT:
                paid_minor = used_minor = voucher.left_minor
            else:
                off_minor = used_minor = min(voucher.left_minor, gross_minor)
        spent = sum(
            one["discount_minor"]
            for one in effects
            if one["kind"] == "price_reduction_voucher" and one["code"] == "reward:EURO"
        )
        if spent:
            assert customer is not None
            [wanted] = [one for one in codes or [] if "amount_minor" in one]
            assert 0 < spent <= wanted["amount_minor"]
            assert spent <= self.points_there(customer)
        total_minor = gross_minor - off_minor - spent
        assert evaluation["total_minor"] - evaluation["voucher_discount_minor"] == total_minor
        if voucher is not None and voucher.type == GIFT:
            paid_minor = used_minor = min(paid_minor, total_minor)
        assert evaluation["voucher_tender_minor"] == paid_minor
        receipt = self.booked("complete", sale_id, basket, kill_at=kill_at)["answer"]
        assert receipt["total_minor"] == total_minor
        net: dict[str, int] = defaultdict(int)
        if customer:
            net = defaultdict(int, points=total_minor // 100, bonus=total_minor * 300 // 10_000)
            told = {one["account"]: one["amount"] for one in receipt["earned"]}
            assert told == {program: amount for program, amount in net.items() if amount}
            net["points"] -= spent
            self.add(customer, net)
        else:
            assert receipt["earned"] == []
        if voucher is not None:
            voucher.use(used_minor)
        issued = [self.issued(one, customer) for one in receipt["effects"] if is_issue(one)]
        self.sales[sale_id] = Sold(
            customer=customer,
            left={one["line_id"]: one["quantity_milli"] for one in lines},
            total_minor=total_minor,
            net=net,
            used=voucher,
            used_minor=used_minor,
            issued=issued,
            answer=receipt,
            basket=basket,
        )
        return receipt

    def issued(self, effect: dict[str, Any], holder: str | None, value: int | None = None) -> str:
        assert effect["voucher_id"] not in self.vouchers
        self.vouchers[effect["voucher_id"]] = Voucher(
            id=effect["voucher_id"],
            code=effect["code"],
            type=effect["type"],
            holder=holder,
            from_on=self.today,
            to_on=effect["valid_to_on"],
            left_minor=value,
            value_minor=value,
        )
        return str(effect["voucher_id"])

    def add(self, customer: str, net: dict[str, int], sign: int = 1) -> None:
        for program, amount in net.items():
            self.sums[customer, program] += sign * amount

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), kill_at=KILL_AT)
    def void(self, data: st.DataObject, kill_at: int) -> None:
        self.void_sale(data.draw(st.sampled_from(self.latest())), kill_at)

    def void_sale(self, sale_id: str, kill_at: int = 0) -> None:
        sold = self.sales[sale_id]
        got = self.booked("sales.void", sale_id, {"reason": "Fehlbon"}, kill_at=kill_at)
        if sold.void is not None:
            assert got == {"answer": sold.void}
        elif sold.returns:
            assert got == {"refused": "items_returned"}
        else:
            sold.void = got["answer"]
            assert sold.void["total_minor"] == sold.total_minor
            sold.refunded_minor = sold.total_minor
            self.came_back(sold, sold.void)

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), pieces=st.integers(1, 3), is_rest=st.booleans(), kill_at=KILL_AT)
    def bring_back(self, data: st.DataObject, pieces: int, is_rest: bool, kill_at: int) -> None:
        sale_id = data.draw(st.sampled_from(self.latest()))
        sold = self.sales[sale_id]
        line_id = data.draw(st.sampled_from(list(sold.left)))
        back = {line_id: pieces * 1000}
        if is_rest:
            back = {one: left for one, left in sold.left.items() if left} or back
        self.take_back(sale_id, back, kill_at)

    def take_back(self, sale_id: str, back: dict[str, int], kill_at: int = 0) -> None:
        sold = self.sales[sale_id]
        request = {
            "return_id": self.number("R"),
            "lines": [
                {"line_id": one, "quantity_milli": quantity} for one, quantity in back.items()
            ],
        }
        got = self.booked("sales.return_items", sale_id, request, kill_at=kill_at)
        if sold.void is not None:
            assert got == {"refused": "sale_voided"}
        elif any(quantity > sold.left[one] for one, quantity in back.items()):
            assert got == {"refused": "not_returnable"}, "no unit comes back twice"
        else:
            answer = got["answer"]
            sold.returns.append((request, answer))
            for one, quantity in back.items():
                sold.left[one] -= quantity
            assert answer["refund_minor"] >= 0
            sold.refunded_minor += answer["refund_minor"]
            assert sold.refunded_minor <= sold.total_minor
            self.came_back(sold, answer)

    def latest(self) -> list[str]:
        """Return the sales, the latest first and more often: long lives are drawn often enough."""
        sales = list(reversed(self.sales))
        return [*sales[:3], *sales[:2], *sales]

    def came_back(self, sold: Sold, answer: dict[str, Any]) -> None:
        """Take back from the model what the goods had; with the last of them everything."""
        lost: dict[str, int] = defaultdict(int)
        for one in answer["reversed"]:
            lost[one["account"]] += one["amount"]
        if sold.is_back:
            assert sold.refunded_minor == sold.total_minor
            rest = {program: amount for program, amount in sold.net.items() if amount}
            assert {program: one for program, one in lost.items() if one} == rest
        if sold.customer:
            self.add(sold.customer, lost, -1)
            for program, amount in lost.items():
                sold.net[program] -= amount
        refund_minor = answer["voucher_refund_minor"]
        used = sold.used
        if used is not None and used.type == GIFT:
            assert sold.used_minor is not None
            sold.used_minor -= refund_minor
            used.give_back(refund_minor)
            if sold.is_back:
                assert sold.used_minor == 0
        else:
            assert refund_minor == 0
            if used is not None and sold.is_back:
                used.give_back(sold.used_minor)
        if sold.is_back:
            for voucher in (self.vouchers[one] for one in sold.issued):
                if voucher.state == "issued":
                    voucher.state = "cancelled"

    # Long lives of one customer and her vouchers, which single rules are drawn for too seldom.
    @rule(
        steps=st.lists(st.tuples(st.sampled_from(LIFE), st.integers(0, 2)), min_size=4, max_size=9)
    )
    def a_customer_lives(self, steps: list[tuple[str, int]]) -> None:
        for step, number in steps:
            latest = list(reversed(self.sales))
            sale_id = latest[min(number, len(latest) - 1)] if latest else None
            if step == "buy":
                self.sell_at("K1", {"1": 1 + number, "2": 1}, None, 0, 0)
            elif step == "use":
                places = [
                    place
                    for place, one in enumerate(self.vouchers.values())
                    if one.usable("K1", self.today)
                ]
                use = places[number % len(places)] if places else None
                self.sell_at("K1", {"1": 2, "2": 1}, use, 100 * number, 0)
            elif step == "pay out":
                self.pay_out("K1", None, 0)
            elif step == "days":
                self.time_passes(24 * (1 + 3 * number))
            elif sale_id and step == "void":
                self.void_sale(sale_id)
            elif sale_id and step == "part":
                self.take_back(sale_id, {next(iter(self.sales[sale_id].left)): 1000})
            elif sale_id and any(self.sales[sale_id].left.values()):
                left = self.sales[sale_id].left
                self.take_back(sale_id, {one: milli for one, milli in left.items() if milli})
            self.the_journal_says_what_happened()

    # --- vouchers and accounts --------------------------------------------------------------------

    @precondition(lambda self: sum(one.type == GIFT for one in self.vouchers.values()) < 3)
    @rule(kill_at=KILL_AT)
    def sell_gift(self, kill_at: int) -> None:
        request = {"voucher": self.number("V"), "type": GIFT, "paid": True}
        answer = self.booked("vouchers.sell", request, kill_at=kill_at)["answer"]
        assert answer["value_minor"] == GIFT_MINOR
        self.issued({**answer, "type": GIFT}, None, GIFT_MINOR)

    @rule(
        customer=st.sampled_from(CUSTOMERS),
        amount_minor=st.sampled_from([None, None, PAYOUT_MIN, 300]),
        kill_at=KILL_AT,
    )
    def pay_out(self, customer: str, amount_minor: int | None, kill_at: int) -> None:
        available = audit(self.journal).available(customer, "bonus", self.today)
        request: dict[str, Any] = {
            "request_id": self.number("P"),
            "customer": customer,
            "program": "bonus",
        }
        if amount_minor:
            request["amount_minor"] = amount_minor
        got = self.booked("accounts.pay_out", request, kill_at=kill_at)
        wanted = amount_minor or available
        if available < PAYOUT_MIN or wanted > available:
            assert "refused" in got, (available, got)
            return
        assert got["answer"]["amount_minor"] == wanted
        self.sums[customer, "bonus"] -= wanted
        [effect] = [one for one in got["answer"]["effects"] if is_issue(one)]
        self.issued(effect, customer, wanted)

    @rule(customer=st.sampled_from(CUSTOMERS), kill_at=KILL_AT)
    def redeem_reward(self, customer: str, kill_at: int) -> None:
        there = self.points_there(customer)
        request = {"request_id": self.number("W"), "customer": customer, "reward": "BALLON"}
        got = self.booked("accounts.redeem_reward", request, kill_at=kill_at)
        assert ("answer" in got) == (there >= REWARD_POINTS), (there, got)
        if "answer" in got:
            self.sums[customer, "points"] -= REWARD_POINTS

    @rule(
        customer=st.sampled_from(CUSTOMERS),
        program=st.sampled_from(PROGRAMS),
        delta=st.sampled_from([-30, 100, 400]),
        kill_at=KILL_AT,
    )
    def adjust(self, customer: str, program: str, delta: int, kill_at: int) -> None:
        there = self.points_there(customer, program)
        request = {
            "request_id": self.number("J"),
            "customer": customer,
            "program": program,
            "delta": delta,
            "reason": "Kulanz",
            "cashier": "1",
            "second_person": "2",
        }
        got = self.booked("accounts.adjust", request, kill_at=kill_at)
        assert ("answer" in got) == (there + delta >= 0), (there, got)
        if "answer" in got:
            self.sums[customer, program] += delta

    def points_there(self, customer: str, program: str = "points") -> int:
        """Return what the till says can be spent; it adds up and is never below nothing."""
        found = self.ask("accounts.statement", customer)["answer"]["accounts"]
        for one in found:
            assert min(one["available"], one["pending"], one["debt"]) >= 0
            assert one["value"] == one["available"] + one["pending"] - one["debt"]
        lots = audit(self.journal).lots[customer, program].values()
        available = sum(one["available"] for one in found if one["program"] == program)
        assert available <= sum(lot.left for lot in lots if lot.left > 0 and lot.usable(self.today))
        return int(available)

    # --- rentals and goods on approval ------------------------------------------------------------

    @rule(customer=st.sampled_from(CUSTOMERS), kill_at=KILL_AT)
    def rent(self, customer: str, kill_at: int) -> None:
        rental = self.number("L")
        self.booked("rentals.issued", rental_of(rental, customer), kill_at=kill_at)
        self.rentals[rental] = ("out", customer)

    @precondition(lambda self: self.rentals)
    @rule(data=st.data(), kill_at=KILL_AT)
    def bring_back_rental(self, data: st.DataObject, kill_at: int) -> None:
        rental = data.draw(st.sampled_from(list(self.rentals)))
        state, customer = self.rentals[rental]
        got = self.booked("rentals.returned", rental_of(rental, customer), kill_at=kill_at)
        assert "answer" in got
        if state == "out":
            self.rentals[rental] = ("back", customer)
            self.sums[customer, "points"] += RENTAL_POINTS

    @precondition(lambda self: any(state != "out" for state, _ in self.rentals.values()))
    @rule(data=st.data(), kill_at=KILL_AT)
    def reverse_rental(self, data: st.DataObject, kill_at: int) -> None:
        came = [rental for rental, (state, _) in self.rentals.items() if state != "out"]
        rental = data.draw(st.sampled_from(came))
        state, customer = self.rentals[rental]
        got = self.booked("rentals.return_reversed", {"rental": rental}, kill_at=kill_at)
        assert "answer" in got
        if state == "back":
            self.rentals[rental] = ("reversed", customer)
            self.sums[customer, "points"] -= RENTAL_POINTS

    @rule(customer=st.sampled_from(CUSTOMERS), kill_at=KILL_AT)
    def give_on_approval(self, customer: str, kill_at: int) -> None:
        lines = [
            {"line_id": "1", "sku": "kleid", "quantity_milli": 1000},
            {"line_id": "2", "sku": "rock", "quantity_milli": 2000},
        ]
        request = {"request_id": self.number("A"), "customer": customer, "lines": lines}
        answer = self.booked("approvals.issue", request, kill_at=kill_at)["answer"]
        self.pieces[answer["number"]] = dict.fromkeys(["1", "2.1", "2.2"], "open")
        assert states(answer) == self.pieces[answer["number"]]

    @precondition(lambda self: self.pieces)
    @rule(data=st.data(), piece=st.sampled_from(["1", "2.1", "2.2"]), kill_at=KILL_AT)
    def take_piece_back(self, data: st.DataObject, piece: str, kill_at: int) -> None:
        number = data.draw(st.sampled_from(list(self.pieces)))
        pieces = self.pieces[number]
        request = {"request_id": self.number("B"), "returned": [piece]}
        got = self.booked("approvals.return_lines", number, request, kill_at=kill_at)
        is_settled = "open" not in pieces.values()
        if pieces[piece] == "sold" and not is_settled:
            assert got == {"refused": "approval_line"}
            return
        if not is_settled:
            pieces[piece] = "returned"
        assert states(got["answer"]) == pieces

    @precondition(lambda self: self.pieces)
    @rule(data=st.data(), kill_at=KILL_AT)
    def sell_what_is_kept(self, data: st.DataObject, kill_at: int) -> None:
        number = data.draw(st.sampled_from(list(self.pieces)))
        pieces = self.pieces[number]
        request = {"request_id": self.number("C"), "sale_id": self.number("K")}
        answer = self.ask("approvals.settle", number, request, kill_at=kill_at)["answer"]
        kept = [piece for piece, state in pieces.items() if state == "open"]
        if not kept:
            assert answer["sale"] is None
            return
        sale = answer["sale"]
        assert len(sale["lines"]) == len(kept)
        self.buy(sale["customer"]["id"], sale["lines"], sale_id=sale["sale_id"])
        pieces |= dict.fromkeys(kept, "sold")

    # --- what must hold ---------------------------------------------------------------------------

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"

    @invariant()
    def the_journal_says_what_happened(self) -> None:
        found = audit(self.journal)
        assert found.faults == []
        assert found.returned == []
        sums = {place: amount for place, amount in self.sums.items() if amount}
        assert {place: amount for place, amount in found.sums.items() if amount} == sums
        assert {place: amount for place, amount in found.own.items() if amount} == sums
        for place, lots in found.lots.items():
            assert sum(lot.left for lot in lots.values()) == self.sums[place]
        assert found.vouchers == {
            one.id: (one.state, one.left_minor) for one in self.vouchers.values()
        }
        assert all(times in (0, 1) for times in found.uses.values()), "a coupon is used once"

    @invariant()
    def pieces_are_where_they_are(self) -> None:
        out = self.ask("approvals.list")["answer"]
        assert sorted((one["number"], one["line_id"]) for one in out) == sorted(
            (number, piece)
            for number, pieces in self.pieces.items()
            for piece, state in pieces.items()
            if state == "open"
        )

    def head_office_says_the_same(self, lines: list[bytes]) -> None:
        """Send the whole journal to an empty head office, then once more."""
        site = Site(self.root / "site")
        site.add_till("3")
        with site.served() as url, caller(url, site.keys()["till_token"]) as client:
            for _ in range(2):
                for batch in lines:
                    answer = client.post("/v1/tills/3/events", content=batch)
                    assert answer.status_code == 200, answer.text
                self.compare(site)

    def compare(self, site: Site) -> None:
        with site.database() as database, database.read() as connection:
            account, voucher, event = storage.balance.c, storage.voucher.c, storage.till_event.c
            problems = connection.execute(
                select(event.seq, event.problem).where(event.problem.is_not(None))
            ).all()
            balances = connection.execute(
                select(account.customer, account.account, account.value).where(
                    account.account.in_(PROGRAMS) & (account.value != 0)
                )
            ).all()
            vouchers = connection.execute(select(voucher.id, voucher.state)).all()
        assert problems == []
        assert {(customer, program): value for customer, program, value in balances} == {
            place: amount for place, amount in self.sums.items() if amount
        }
        assert dict(map(tuple, vouchers)) == {one.id: one.state for one in self.vouchers.values()}


def sent(folder: Path) -> list[bytes]:
    """Return the events of a journal as an agent sends them, some at a time."""
    reader = JournalReader.open(folder)
    assert reader is not None
    with closing(reader):
        events = reader.events_after(0, 10_000)
    return [
        b"".join(
            line + b"\n"
            for event in events[first : first + 50]
            for line in (event.private, event.line)
            if line
        )
        for first in range(0, len(events), 50)
    ]


def is_issue(effect: dict[str, Any]) -> bool:
    return bool(effect["kind"] == "issue_voucher")


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {line["line_id"]: line["state"] for line in answer["lines"]}


def rental_of(rental: str, customer: str) -> dict[str, Any]:
    return {
        "rental": rental,
        "customer": customer,
        "articles": [{"sku": f"film {rental}", "late_days": 0}],
    }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    till = TillBuilder(tmp_path_factory.mktemp("weeks") / "till")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write("[approvals]\nenabled = true\n")
    bonus = {"kind": "earn", "account": "bonus", "per_value_minor": 10_000, "points": 300}
    till.rules(voucher_promotion(), points(), {"id": "BONUS", "layer": "earn", "offer": bonus})
    till.program("points", expiry="days:45")
    till.program(
        "bonus",
        "EUR_MINOR",
        maturity_days=BONUS_MATURITY_DAYS,
        payout_voucher_type=PAID_OUT,
        payout_threshold=PAYOUT_MIN,
    )
    till.voucher_type(COUPON)
    till.voucher_type(
        PAID_OUT,
        legal_kind="earned_bonus",
        effect={"kind": "value", "label": {"de": "Bonus", "en": "Bonus"}},
    )
    value_type(till, GIFT, GIFT_MINOR, legal_kind="gift_mpv", partial=True)
    till.trigger()
    till.earn_trigger("rental_returned", RENTAL_POINTS, in_time=True)
    till.reward("EURO", 1, "discount", value_minor=1)
    till.reward("BALLON", REWARD_POINTS)
    for sku, price_minor in GOODS.items():
        till.article(sku, price_minor)
    for customer in CUSTOMERS:
        till.customer(customer, segments=["abc:C"])
    with till.open():
        pass
    return till.data_dir


@pytest.fixture(scope="module")
def counter() -> Iterator[ShopCounter]:
    with ShopCounter() as counter:
        yield counter


def machine(template: Path, counter: ShopCounter, *broken: str) -> Callable[[], ShopWeeks]:
    return type(
        "Machine",
        (ShopWeeks,),
        {"template": template, "counter": counter, "broken": broken},
    )


PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    # A failing order of processes is told as it was found: shrinking it takes hours.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.capability("case 5")
def test_weeks_of_a_shop_add_up_in_any_order(template: Path, counter: ShopCounter) -> None:
    run_state_machine_as_test(machine(template, counter), settings=PROFILE)


@pytest.mark.parametrize(
    "broken",
    ["pays without taking", "keeps points", "gives vouchers again", "forgets returns"],
)
def test_a_broken_till_is_found_out(template: Path, counter: ShopCounter, broken: str) -> None:
    found_out = settings(PROFILE, max_examples=200, derandomize=True, report_multiple_bugs=False)
    with pytest.raises((AssertionError, KeyError)):
        run_state_machine_as_test(machine(template, counter, broken), settings=found_out)


def test_an_event_that_head_office_missed_is_found_out(
    template: Path, counter: ShopCounter
) -> None:
    weeks = machine(template, counter)()
    weeks.sell_at("K1", {"1": 2, "2": 1}, None, 0, 0)
    weeks.adjust("K1", "points", 400, 0)
    try:
        *whole, last = sent(weeks.folder)
        lines = last.splitlines(keepends=True)
        with pytest.raises(AssertionError, match="K1"):
            weeks.head_office_says_the_same([*whole, b"".join(lines[:-1])])
    finally:
        counter.kill()
        shutil.rmtree(weeks.root)

"""Real receipts with bonus, points, classes and vouchers: what is owed, and who moved, recomputed.

The sums of the plugin are held against SQL that reads receipts, returns and voids alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import os
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from class_audit import classes_of, classes_stored
from class_schemes import scheme_value
from liability_audit import open_vouchers, owed, paid_out
from lone_till import LoneTill

from pos_plugin import Receipt, Refused, Scanned
from pos_plugin.clock import SettableClock
from pos_plugin.replay.read import read_receipts
from pos_plugin.stats.class_report import class_report

if TYPE_CHECKING:
    from pos_plugin import Plugin
    from pos_plugin.replay.past import PastReceipt

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
RECEIPTS, CUSTOMERS = 300, 25
BEFORE_ALL = dt.datetime(2010, 11, 30, 12, tzinfo=dt.UTC)
FIRST_ON = dt.date(2010, 12, 1)
NIGHT_EVERY_DAYS = 10
WINDOW_DAYS, AGE_DAYS_MIN, A_MINOR, C_MINOR = 60, 5, 100_000, 30_000
POINTS_EXPIRY_DAYS = 40
BONUS = {"units": 300, "per_value_minor": 10_000, "expires_after": None}
POINTS = {"units": 1, "per_value_minor": 100, "expires_after": POINTS_EXPIRY_DAYS}
KNOWN: dict[str, Any] = {
    "days": WINDOW_DAYS,
    "metric": "turnover",
    "bounds": [("A", A_MINOR, None), ("C", C_MINOR, A_MINOR)],
    "age_days_min": AGE_DAYS_MIN,
}


def earn(account: str, points: int, per_value_minor: int) -> dict[str, Any]:
    offer = {"kind": "earn", "account": account, "points": points}
    return {
        "id": account.upper(),
        "layer": "earn",
        "offer": {**offer, "per_value_minor": per_value_minor},
    }


def voucher_type(code: str, legal_kind: str, **effect: Any) -> dict[str, Any]:
    label = {"de": code, "en": code}
    return {
        "code": code,
        "legal_kind": legal_kind,
        "effect": {"kind": "value", "label": label, **effect},
        "conditions": {"text": label},
        "validity": {"days": 60},
        "layout": {"title": label},
    }


def set_up(till: LoneTill, customers: list[str]) -> None:
    rows = "".join(f"{number};Kunde {number}\n" for number in customers)
    till.take("customers", f"Kundennummer;Nachname\n{rows}")
    classes = [
        {"code": "A", "rank": 1, "turnover_min_minor": A_MINOR},
        {"code": "C", "rank": 2, "turnover_min_minor": C_MINOR, "turnover_max_minor": A_MINOR},
    ]
    program = {"code": "bonus", "unit": "EUR_MINOR", "maturity_days": 7}
    till.take_tables(
        abc_scheme=[
            scheme_value(
                metrics=["turnover"],
                classes=classes,
                since_on=FIRST_ON.isoformat(),
                window={"kind": "rolling_days", "days": WINDOW_DAYS},
                age_days_min=AGE_DAYS_MIN,
            )
        ],
        program=[
            {"code": "points", "unit": "POINTS", "expiry": f"days:{POINTS_EXPIRY_DAYS}"},
            {**program, "payout_threshold": 500, "payout_voucher_type": "BONUS"},
        ],
        voucher_type=[
            voucher_type("DANKE5", "promo", minor=500),
            voucher_type("BONUS", "earned_bonus"),
        ],
        event_trigger=[{"event": "sale_completed", "voucher_type": "DANKE5"}],
    )
    till.take_rules(earn("bonus", 300, 10_000), earn("points", 1, 100))


@dataclass
class Weeks:
    """Months of real receipts; every customer comes with the vouchers that are known of her."""

    till: LoneTill
    codes: dict[str, list[str]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    night_on: dt.date = FIRST_ON

    def live(self, receipts: list[PastReceipt]) -> None:
        left = list(receipts)
        while left:
            with self.till.open() as plugin:
                while left and (left[0].at.date() - self.night_on).days < NIGHT_EVERY_DAYS:
                    self.till.clock.set(left[0].at)
                    self.sell(plugin, left.pop(0))
                for customer in self.codes:
                    self.pay_out(plugin, customer)
            self.night_on += dt.timedelta(days=NIGHT_EVERY_DAYS)
            self.night()

    def night(self) -> None:
        self.till.clock.set(dt.datetime.combine(self.night_on, dt.time(3), tzinfo=dt.UTC))
        with self.till.agent() as agent:
            agent.nightly()
            agent.round()

    def sell(self, plugin: Plugin, receipt: PastReceipt) -> None:
        customer = receipt.snapshot["customer"]["id"]
        codes = [{"code": code} for code in self.codes.get(customer, [])[-2:]]
        snapshot = {**receipt.snapshot, "codes": codes}
        answer = plugin.sales.complete(receipt.sale_id, {}, snapshot=snapshot)
        assert isinstance(answer, Receipt)
        self.done["sold"] += 1
        self.remember(customer, answer)
        number = self.done["sold"]
        if number % 23 == 0:
            self.done["voided"] += isinstance(plugin.sales.void(receipt.sale_id, {}), Receipt)
        elif number % 7 == 0:
            line = receipt.snapshot["lines"][0]
            part = {"line_id": line["line_id"], "quantity_milli": line["quantity_milli"]}
            if line["quantity_milli"] > 0:
                request = {"return_id": f"R{number}", "lines": [part]}
                back = plugin.sales.return_items(receipt.sale_id, request)
                self.done["returned"] += isinstance(back, Receipt)

    def pay_out(self, plugin: Plugin, customer: str) -> None:
        request = {
            "request_id": f"{customer} {self.night_on}",
            "customer": customer,
            "program": "bonus",
        }
        answer = plugin.accounts.pay_out(request)
        if not isinstance(answer, Refused):
            self.done["paid out"] += 1
            self.remember(customer, answer)

    def remember(self, customer: str, answer: Receipt) -> None:
        known = self.codes.setdefault(customer, [])
        known += [one["code"] for one in answer.values["effects"] if one["kind"] == "issue_voucher"]


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    if not (DATA / "receipts.csv.gz").exists():
        pytest.skip(f"the real receipts are not in {DATA} (STAMMKUNDE_DATA names their folder)")
    receipts = regulars()
    till = LoneTill(tmp_path_factory.mktemp("audit") / "till", clock=SettableClock(BEFORE_ALL))
    set_up(till, sorted({one.snapshot["customer"]["id"] for one in receipts}))
    weeks = Weeks(till)
    weeks.live(receipts)
    return weeks


def regulars() -> list[PastReceipt]:
    """Return receipts of the customers who came most often, from all their months, in order."""
    with gzip.open(DATA / "receipts.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["customer"]]
    visits = Counter(
        customer for customer, _ in {(row["customer"], row["invoice"]) for row in rows}
    )
    often = {
        one for one, _ in sorted(visits.items(), key=lambda one: (-one[1], one[0]))[:CUSTOMERS]
    }
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(row for row in rows if row["customer"] in often)
    past = read_receipts("regulars.csv", text.getvalue().encode(), frozenset())
    found = sorted(past, key=lambda one: (one.at, one.sale_id))
    return found[:: len(found) // RECEIPTS][:RECEIPTS]


def told(till: LoneTill, customers: list[str]) -> dict[str, dict[str, int]]:
    """Return what the plugin says that customers have: accounts and vouchers."""
    found: dict[str, dict[str, int]] = {"bonus": {}, "points": {}, "vouchers": {}}
    with till.open() as plugin:
        for customer in customers:
            known = plugin.identify(customer=customer)
            assert isinstance(known, Scanned)
            assert known.panel is not None
            for one in known.panel["balances"]:
                found[one["program"]][customer] = one["value"]
            open_minor = sum(one["balance_minor"] for one in known.panel["vouchers"])
            found["vouchers"][customer] = open_minor
    return {name: {one: sum_ for one, sum_ in of.items() if sum_} for name, of in found.items()}


def recomputed(journal: Path, on: dt.date) -> dict[str, dict[str, int]]:
    """Return the same by SQL that reads neither ledger nor balances."""
    bonus, gone = owed(journal, on=on, **BONUS), paid_out(journal)
    left = {one: bonus.get(one, 0) - gone.get(one, 0) for one in bonus.keys() | gone.keys()}
    return {
        "bonus": {one: amount for one, amount in left.items() if amount},
        "points": owed(journal, on=on, **POINTS),
        "vouchers": open_vouchers(journal, on),
    }


@pytest.mark.capability("B1", "B2")
def test_what_is_owed_is_what_the_receipts_say(weeks: Weeks) -> None:
    till = weeks.till
    assert weeks.done["sold"] == RECEIPTS
    assert min(weeks.done[one] for one in ("voided", "returned", "paid out")) > 5, weeks.done
    found = told(till, sorted(weeks.codes))
    assert found == recomputed(till.folder / "journal.db", till.clock.now().date())
    assert all(found.values()), "nothing is owed: the receipts prove nothing"


@pytest.mark.capability("B1")
@pytest.mark.parametrize("name", ["bonus", "points"])
def test_one_moved_cent_of_a_balance_is_found(weeks: Weeks, tmp_path: Path, name: str) -> None:
    copy, cache = copied(weeks.till, tmp_path)
    change(
        cache,
        "UPDATE balance SET value = value + 1, "
        "lots = json_set(lots, '$[#-1].left', json_extract(lots, '$[#-1].left') + 1) "
        "WHERE (customer, program) = "
        "(SELECT customer, program FROM balance WHERE program = ? AND value > 0 LIMIT 1)",
        name,
    )
    assert moved(weeks, copy, name) == 1


@pytest.mark.capability("B2")
def test_one_moved_cent_of_a_voucher_is_found(weeks: Weeks, tmp_path: Path) -> None:
    copy, _ = copied(weeks.till, tmp_path)
    on = weeks.till.clock.now().date().isoformat()
    change(
        copy.folder / "journal.db",
        "UPDATE voucher SET balance_minor = balance_minor - 1 WHERE id = "
        "(SELECT id FROM voucher WHERE state = 'issued' AND valid_to_on >= ? LIMIT 1)",
        on,
    )
    assert moved(weeks, copy, "vouchers") == -1


def copied(till: LoneTill, folder: Path) -> tuple[LoneTill, Path]:
    """Return a copy of a till, and its cache file."""
    shutil.copytree(till.folder, folder / "till")
    copy = LoneTill(folder / "till", clock=till.clock)
    return copy, copy.folder / (copy.folder / "cache.current").read_text("utf-8").strip()


def change(path: Path, sql: str, *values: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute(sql, values).rowcount == 1


def moved(weeks: Weeks, till: LoneTill, name: str) -> int:
    """Return by how much the plugin says more than the receipts do."""
    here = told(till, sorted(weeks.codes))[name]
    sql = recomputed(till.folder / "journal.db", till.clock.now().date())[name]
    return sum(here.values()) - sum(sql.values())


@pytest.mark.capability("K11", "V8")
def test_classes_and_migration_of_real_customers_are_what_sql_says(
    weeks: Weeks, tmp_path: Path
) -> None:
    till = weeks.till
    journal, last = till.folder / "journal.db", till.clock.now().date()
    days = [last - dt.timedelta(days=number) for number in range((last - FIRST_ON).days)]
    by_day = {on: classes_of(journal, on, **KNOWN) for on in days}
    for on in days:
        assert classes_stored(till.folder, on, "abc") == by_day[on], on
    first = FIRST_ON + dt.timedelta(days=20)
    report = class_report(till.config, from_on=first, to_on=last)
    cells = Counter((by_day[first].get(one, "absent"), code) for one, code in by_day[last].items())
    assert {place: cell.customers for place, cell in report.moved.cells.items()} == cells
    assert sum(count for (old, new), count in cells.items() if old != new), "nobody moved"

    # Negative control: one customer in another class is found.
    copy, cache = copied(till, tmp_path)
    change(
        cache,
        "UPDATE class_history SET class = 'new' WHERE until_on IS NULL AND customer = "
        "(SELECT min(customer) FROM class_history WHERE until_on IS NULL AND class <> ?)",
        "new",
    )
    assert classes_stored(copy.folder, last, "abc") != by_day[last]

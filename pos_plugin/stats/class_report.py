"""What changed in the classes between two days: read from the files of a till, as plain values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pos_plugin.errors import RuleError, StorageError
from pos_plugin.loyalty.class_history import classes_on, in_force
from pos_plugin.loyalty.class_statistics import (
    Grant,
    effects,
    migration,
    redemption,
)
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import history, schemes
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.voucher_history import voucher_histories

if TYPE_CHECKING:
    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.class_statistics import Cell, Effect, Migration, Redemption
    from pos_plugin.storage.voucher_history import VoucherHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """The figures; days are shop days.

    Args:
        shop: number of the shop.
        scheme: its code.
        from_on: first day.
        to_on: second day.
        currency: of all amounts.
        new_revisions: revisions that began between the days: classes moved because of them, too.
        moved: the migration matrix; turnover of the days from the first to the second one.
        vouchers: what became of the vouchers granted in these days.
        groups: rentals and turnover before and after, with a voucher and without.
    """

    shop: str
    scheme: str
    from_on: dt.date
    to_on: dt.date
    currency: str
    new_revisions: tuple[int, ...]
    moved: Migration
    vouchers: tuple[Redemption, ...]
    groups: tuple[Effect, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; amounts in minor units (cents)."""
        moved = self.moved
        return {
            "shop": self.shop,
            "scheme": self.scheme,
            "from_on": self.from_on.isoformat(),
            "to_on": self.to_on.isoformat(),
            "currency": self.currency,
            "new_revisions": list(self.new_revisions),
            "classes": list(moved.codes),
            "migration": [
                {"before": before, "after": after, **_cell(moved.cell(before, after))}
                for before in moved.codes
                for after in moved.codes
                if moved.cell(before, after).customers
            ],
            "before": {code: _cell(moved.row(code)) for code in moved.codes},
            "after": {code: _cell(moved.column(code)) for code in moved.codes},
            "vouchers": [
                {
                    "class": one.code,
                    "granted": one.granted,
                    "printed": one.printed,
                    "handed_over": one.handed_over,
                    "redeemed": one.redeemed,
                    "median_days": one.median_days,
                    "days": list(one.days),
                }
                for one in self.vouchers
            ],
            "groups": [
                {
                    "class": one.code,
                    "with_voucher": one.with_voucher,
                    "customers": one.customers,
                    "rentals_before": one.rentals_before,
                    "rentals_after": one.rentals_after,
                    "turnover_before_minor": one.turnover_before_minor,
                    "turnover_after_minor": one.turnover_after_minor,
                }
                for one in self.groups
            ],
        }


def class_report(
    config: TillConfig, *, from_on: dt.date, to_on: dt.date, scheme: str | None = None
) -> ClassReport:
    """Return the figures of two days.

    Args:
        config: of the till.
        from_on: first day.
        to_on: second day, after the first one.
        scheme: its code; may be missing when there is one only.

    Raises:
        RuleError: there is no such scheme, or several to choose from, or no time between the days.
        StorageError: a file cannot be read.
    """
    if to_on <= from_on:
        raise RuleError("out_of_range", "--to", "lies after --from")
    cache = CacheReader.open(config.data_dir)
    journal = JournalReader.open(config.data_dir)
    if cache is None or journal is None:
        raise StorageError(
            "this till has no classes yet", hint="Import a scheme, then: stammkunde classes run"
        )
    with cache, cache.reading() as connection:
        known = schemes(connection)
        code = _chosen(list(known), scheme)
        rows = history(connection, code)
    with journal, journal.reading() as connection:
        every = list(facts(connection))
        vouchers = voucher_histories(connection)
    plain = [(row.customer, row.code, row.since_on, row.until_on) for row in rows]
    before, after = classes_on(plain, from_on), classes_on(plain, to_on)
    latest = in_force(known[code], to_on)
    ranked = [one.code for one in latest.by_rank] if latest else []
    moved = migration(before, after, _turnover(every, from_on, to_on), ranked=ranked)
    grants = [
        _grant(one)
        for one in vouchers
        if from_on.isoformat() <= one.granted.on <= to_on.isoformat()
    ]
    got = frozenset(one.customer for one in grants if one.customer is not None)
    return ClassReport(
        shop=config.shop,
        scheme=code,
        from_on=from_on,
        to_on=to_on,
        currency=config.currency,
        new_revisions=tuple(
            one.revision for one in known[code] if from_on < one.starts_on <= to_on
        ),
        moved=moved,
        vouchers=tuple(redemption(grants)),
        groups=tuple(effects(before, every, got, from_on=from_on, to_on=to_on, codes=moved.codes)),
    )


def _chosen(known: list[str], scheme: str | None) -> str:
    if scheme is None and len(known) == 1:
        return known[0]
    if scheme in known:
        return scheme
    said = ", ".join(sorted(known)) or "none"
    raise RuleError("unknown_word", "--scheme", f"name a scheme of this till: {said}")


def _turnover(every: list[Fact], from_on: dt.date, to_on: dt.date) -> dict[str, int]:
    found: dict[str, int] = {}
    for fact in every:
        if from_on <= fact.counted_on <= to_on and fact.known_on <= to_on:
            found[fact.customer] = found.get(fact.customer, 0) + fact.turnover_minor
    return found


def _grant(one: VoucherHistory) -> Grant:
    return Grant(
        customer=one.customer,
        class_at_issue=one.class_at_issue,
        issued_on=dt.date.fromisoformat(one.granted.on),
        printed=one.is_printed,
        handed_over=one.handed_over_at is not None,
        redeemed_on=dt.date.fromisoformat(one.redeemed.on) if one.redeemed else None,
    )


def _cell(cell: Cell) -> dict[str, int]:
    return {"customers": cell.customers, "turnover_minor": cell.turnover_minor}

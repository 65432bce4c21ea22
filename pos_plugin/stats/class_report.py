"""What changed in the classes between two days: read from the files of a till, as plain values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pos_plugin.errors import RuleError, StorageError
from pos_plugin.loyalty.class_history import classes_on, in_force
from pos_plugin.loyalty.class_statistics import (
    Grant,
    brought,
    courses,
    days_before,
    effects,
    migration,
    redemption,
)
from pos_plugin.loyalty.facts_kept import first_told_on, kept, kept_since
from pos_plugin.loyalty.margin import PurchasePrices, by_margin, margin_facts
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import history, schemes
from pos_plugin.storage.class_store import last_run
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.margin_facts import deals, purchase_prices
from pos_plugin.storage.voucher_history import voucher_histories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.class_scheme import ClassScheme
    from pos_plugin.loyalty.class_statistics import Cell, Course, Effect, Migration, Redemption
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
        unpriced_lines: sold in these days without a purchase price: their margin counts nothing.
            None = no revision of the scheme counts the margin, or this till has no purchase
            prices: none is shown.
        new_revisions: revisions that began between the days: classes moved because of them, too.
        courses: of every customer, by id; the matrix counts them.
        moved: the migration matrix; turnover of the days from the first to the second one.
        vouchers: what became of the vouchers granted in these days.
        groups: rentals and turnover before and after, with a voucher and without.
    """

    shop: str
    scheme: str
    from_on: dt.date
    to_on: dt.date
    currency: str
    unpriced_lines: int | None
    new_revisions: tuple[int, ...]
    courses: Mapping[str, Course] = field(repr=False)
    moved: Migration
    vouchers: tuple[Redemption, ...]
    groups: tuple[Effect, ...]

    @property
    def has_margin(self) -> bool:
        """Whether the scheme counts margins, and this till knows them."""
        return self.unpriced_lines is not None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; amounts in minor units (cents), margin where it counts."""
        moved = self.moved
        has_margin = self.has_margin

        def cell(one: Cell) -> dict[str, int]:
            values = {"customers": one.customers, "turnover_minor": one.turnover_minor}
            return values | ({"margin_minor": one.margin_minor} if has_margin else {})

        def margins(one: Effect) -> dict[str, int]:
            if not has_margin:
                return {}
            return {
                "margin_before_minor": one.margin_before_minor,
                "margin_after_minor": one.margin_after_minor,
            }

        return {
            "shop": self.shop,
            "scheme": self.scheme,
            "from_on": self.from_on.isoformat(),
            "to_on": self.to_on.isoformat(),
            "currency": self.currency,
            **({"unpriced_lines": self.unpriced_lines} if has_margin else {}),
            "new_revisions": list(self.new_revisions),
            "classes": list(moved.codes),
            "migration": [
                {"before": before, "after": after, **cell(moved.cell(before, after))}
                for before in moved.codes
                for after in moved.codes
                if moved.cell(before, after).customers
            ],
            "before": {code: cell(moved.row(code)) for code in moved.codes},
            "after": {code: cell(moved.column(code)) for code in moved.codes},
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
                    **margins(one),
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
        RuleError: there is no such scheme, or several to choose from, no time between the days, or
            facts of these days count no more.
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
    with cache, journal:
        with cache.reading() as connection:
            known = schemes(connection)
            code = _chosen(list(known), scheme)
            rows = history(connection, code)
            last = last_run(connection, code)
            # Where head office computes the classes, it alone has purchase prices.
            prices = purchase_prices(connection) if by_margin(known[code]) else []
        with journal.reading() as connection:
            every = list(facts(connection))
            if prices:
                every += margin_facts(deals(connection), PurchasePrices(prices))
            if last is not None:
                every = _kept(every, known[code], config, days=(from_on, to_on), on=last.to_on)
            vouchers = voucher_histories(connection, cache)
    plain = [(row.customer, row.code, row.since_on, row.until_on) for row in rows]
    before, after = classes_on(plain, from_on), classes_on(plain, to_on)
    latest = in_force(known[code], to_on)
    ranked = [one.code for one in latest.by_rank] if latest else []
    between = brought(every, from_on=from_on, to_on=to_on)
    course_of = courses(before, after, between)
    moved = migration(course_of.values(), ranked=ranked)
    unpriced_lines = sum(
        one.unpriced_lines
        for one in every
        if from_on <= one.counted_on <= to_on and one.known_on <= to_on
    )
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
        unpriced_lines=unpriced_lines if prices else None,
        new_revisions=tuple(
            one.revision for one in known[code] if from_on < one.starts_on <= to_on
        ),
        courses=course_of,
        moved=moved,
        vouchers=tuple(redemption(grants)),
        groups=tuple(effects(before, every, got, from_on=from_on, to_on=to_on, codes=moved.codes)),
    )


def _kept(
    every: list[Fact],
    revisions: list[ClassScheme],
    config: TillConfig,
    *,
    days: tuple[dt.date, dt.date],
    on: dt.date,
) -> list[Fact]:
    """Return the facts that count, unless a figure of these days would need others."""
    from_on, to_on = days
    months = config.classes.facts_months
    since_on = kept_since(revisions, on=on, months=months)
    told_on = first_told_on(revisions, on=on, months=months)
    is_early = from_on < told_on or days_before(from_on, to_on) < since_on
    if is_early and any(one.counted_on < since_on for one in every):
        raise RuleError(
            "out_of_range",
            "--from",
            f"classes are told from {told_on} on, and compared with days since {since_on}: "
            f"facts count {months} months (classes.facts_months)",
        )
    return list(kept(every, since_on=since_on))


def _chosen(known: list[str], scheme: str | None) -> str:
    if scheme is None and len(known) == 1:
        return known[0]
    if scheme in known:
        return scheme
    said = ", ".join(sorted(known)) or "none"
    raise RuleError("unknown_word", "--scheme", f"name a scheme of this till: {said}")


def _grant(one: VoucherHistory) -> Grant:
    return Grant(
        customer=one.customer,
        class_at_issue=one.class_at_issue,
        issued_on=dt.date.fromisoformat(one.granted.on),
        printed=one.is_printed,
        handed_over=one.handed_over_at is not None,
        is_redeemed=one.is_used,
        redeemed_on=dt.date.fromisoformat(one.redeemed.on) if one.redeemed else None,
    )

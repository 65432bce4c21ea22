"""A customer as this till knows one now: cached by head office plus the till's own entries.

``facts`` is what the rules may know, handed to the host on a card scan and sent back unchanged
with every snapshot; ``panel`` is what the cashier sees, and no more than the cashier needs.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin import wording
from pos_plugin.customer.account_view import accounts_of, balance_rows
from pos_plugin.loyalty.credit_limit import left_minor
from pos_plugin.loyalty.ledger import HISTORY, LAST_DAY, USES, YEAR, day_number, shown
from pos_plugin.loyalty.provisional import is_provisional
from pos_plugin.loyalty.voucher_type import in_language, read_voucher_type
from pos_plugin.loyalty.windows import first_day, within
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.promotions.earning import REVENUE_YEAR
from pos_plugin.storage.approval_store import out_since
from pos_plugin.storage.cache_reader import CustomerRow
from pos_plugin.storage.customer_store import last_purchases
from pos_plugin.storage.journal_lookup import doubtful, own_entries
from pos_plugin.storage.voucher_lookup import open_vouchers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.customer.known import KnownCustomers
    from pos_plugin.loyalty.ledger import Shown
    from pos_plugin.loyalty.vouchers import Voucher
    from pos_plugin.storage.cache_reader import CacheReader, Summed

BIRTHDAY_HINT_DAYS: Final = 7
LAST_PURCHASES: Final = 5
_DAYS_SINCE_LAST: Final = "days_since_last"


class Accounts(NamedTuple):
    """Balances of head office, and every balance and counter as it is shown now."""

    cached: Mapping[str, Summed]
    shown: Mapping[str, Shown]


def provisional(customer: str, code: str, language: str) -> CustomerRow:
    """Return the member that a card without a known owner stands for.

    Args:
        customer: id made of the card's hash.
        code: of the card; its end tells the cashier which one.
        language: ``de`` or ``en``.
    """
    return CustomerRow(
        id=customer,
        number="",
        name=wording.card_without_owner(code, language=language),
        birthday_on=None,
        status="active",
        instant_discount_bp=0,
        discount_group=None,
        segments=(),
    )


def accounts(row: CustomerRow, known: KnownCustomers, *, on: dt.date) -> Accounts:
    """Return what a customer has: numbers of head office plus own entries not yet in them.

    Entries under ids that became this customer's are its own. Counters of the last 365 days are
    cut to the window that ends ``on``.
    """
    cache = known.cache
    cached = {**cache.balances(row.id), **cache.counters(row.id)} if cache else {}
    folded = {key: one.folded for key, one in cached.items()}
    own = [
        entry
        for one in known.ids(row.id)
        for entry in own_entries(known.journal, one, folded, since_on=first_day(on))
    ]
    values = {key: (one.value + within(one.days, on), one.folded) for key, one in cached.items()}
    return Accounts(cached, shown(values, own))


def has_doubtful_counters(row: CustomerRow, known: KnownCustomers) -> bool:
    """Say whether nobody can tell a counter of a customer until head office has counted again."""
    cached = known.cache.counters(row.id) if known.cache else {}
    folded = {key: one.folded for key, one in cached.items()}
    return any(doubtful(known.journal, one, folded) for one in known.ids(row.id))


def facts(
    row: CustomerRow, counters: Mapping[str, Shown], *, rate_bp: int, on: dt.date
) -> dict[str, Any]:
    """Return the ``customer`` object of promotions.md §3.

    Args:
        row: the cached customer.
        counters: as they are shown now.
        rate_bp: standing rate of customer, card or group in basis points.
        on: shop day; ``days_since_last`` is counted from it.
    """
    uses = {
        key.removeprefix(USES): max(0, counter.value)
        for key, counter in sorted(counters.items())
        if key.startswith(USES)
    }
    history = {
        key.removeprefix(HISTORY): counter.value
        for key, counter in sorted(counters.items())
        if key.startswith(HISTORY) and not key.startswith(YEAR)
    }
    this_year = f"{YEAR}{on.year}"
    if this_year in counters:
        history[REVENUE_YEAR] = counters[this_year].value
    if LAST_DAY in counters:
        history[_DAYS_SINCE_LAST] = max(0, day_number(on) - counters[LAST_DAY].value)
    known: dict[str, Any] = {"id": row.id, "segments": list(row.segments)}
    if row.birthday_on is not None:
        known["birthday"] = row.birthday_on
    known["instant_discount_bp"] = rate_bp
    known["uses"] = uses
    known["history"] = history
    return known


def panel(
    row: CustomerRow,
    known: KnownCustomers,
    *,
    rate_bp: int,
    on: dt.date,
    language: str,
) -> dict[str, Any]:
    """Return what the cashier sees of a customer.

    Balances name their instant (``as_of``, None before the first word of head office) and whether
    own entries that head office may not know are in them. Segments are never shown.
    """
    cache, journal = known.cache, known.journal
    birthday_on = _birthday_soon(row.birthday_on, on)
    hints = [Notice(NoticeCode.BIRTHDAY, {"birthday_on": birthday_on})] if birthday_on else []
    if is_provisional(row.id):
        hints.append(Notice(NoticeCode.PROVISIONAL_MEMBER))
    return {
        "name": row.name,
        "number": row.number or None,
        "group": row.discount_group,
        "tier": row.tier,
        "instant_discount_bp": rate_bp,
        "limit_left_minor": left_minor(
            row.limit_left_minor,
            # Head office's number knows no approvals of this build: all that are out count here.
            sum(out_since(journal, one, after=0) for one in known.ids(row.id)),
        ),
        "consents": [
            {
                "purpose": purpose,
                "channel": channel,
                "status": word.status,
                "text_id": word.text_id,
                "text_revision": word.text_revision,
            }
            for (purpose, channel), word in sorted(known.consents(row.id).items())
        ],
        "last_purchases": last_purchases(journal, known.ids(row.id), count_max=LAST_PURCHASES),
        "balances": (
            balance_rows(accounts_of(known.ids(row.id), cache, journal), on=on.isoformat())
            if cache
            else []
        ),
        "vouchers": open_vouchers_of(row.id, known, on=on.isoformat(), language=language),
        "birthday_on": birthday_on,
        "notices": [hint.to_dict(language) for hint in hints],
        "synced_at": cache.synced_at() if cache else None,
    }


def open_vouchers_of(
    customer: str, known: KnownCustomers, *, on: str, language: str
) -> list[dict[str, Any]]:
    """Return what a customer may redeem, as the cashier sees it, the earliest expiry first.

    Args:
        customer: its id.
        known: customers of this till.
        on: shop day.
        language: ``de`` or ``en``.
    """
    cache = known.cache
    ids = known.ids(customer)
    told = [voucher for one in ids for voucher in cache.vouchers_of(one)] if cache else []
    return [
        _voucher(voucher, cache, language)
        for voucher in open_vouchers(known.journal, told, ids, on=on)
    ]


def _voucher(voucher: Voucher, cache: CacheReader | None, language: str) -> dict[str, Any]:
    kind = read_voucher_type(cache.voucher_type(voucher.type)) if cache else None
    return {
        "type": voucher.type,
        "title": in_language(kind.layout.title, language) if kind else voucher.type,
        "benefit": in_language(kind.effect.label, language) if kind else "",
        "valid_to_on": voucher.valid_to_on,
        "balance_minor": voucher.balance_minor,
    }


def _birthday_soon(birthday_on: str | None, on: dt.date) -> str | None:
    """Return the birthday that lies within a week, as a shop day; 29 February counts on the 28th.

    >>> _birthday_soon("1980-01-02", dt.date(2025, 12, 30))
    '2026-01-02'
    """
    if birthday_on is None:
        return None
    born = dt.date.fromisoformat(birthday_on)
    for year in (on.year, on.year + 1):
        leap_day_missing = (born.month, born.day) == (2, 29) and not _is_leap(year)
        day = dt.date(year, 2, 28) if leap_day_missing else born.replace(year=year)
        if 0 <= (day - on).days <= BIRTHDAY_HINT_DAYS:
            return day.isoformat()
    return None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)

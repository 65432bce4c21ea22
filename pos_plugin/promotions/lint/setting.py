"""Who buys, when, where and how: what several promotions ask for besides articles."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.limits import MAX_BP
from pos_plugin.promotions.conditions import (
    Age,
    Birthday,
    Coupon,
    CustomerKnown,
    History,
    InSegment,
    MinQuantity,
    MinValue,
    Tender,
)
from pos_plugin.promotions.lint.clash import OF_CUSTOMER, clash, needs_customer
from pos_plugin.promotions.lint.moments import common_moment
from pos_plugin.promotions.lint.ways import Wish, ways
from pos_plugin.promotions.offers import ReceiptDiscount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.promotion import Promotion

_SETTINGS_MAX: Final = 8
_WAYS_EACH: Final = 4
_COUPONS_EACH: Final = 12
_COUPONS_MAX: Final = 900
_FAR_FROM_BIRTHDAY = dt.timedelta(days=180)


@dataclass(slots=True)
class Setting:
    """A sale without its lines, and what its lines must reach.

    Args:
        head: fields of the sale.
        values: selectors and the value that must be reached, as ``min_value`` says.
        quantities: the same for units and different articles, as ``min_quantity`` says.
    """

    head: dict[str, Any]
    values: list[MinValue] = field(default_factory=list)
    quantities: list[MinQuantity] = field(default_factory=list)


def settings(promotions: Sequence[Promotion], on: dt.date) -> Iterator[Setting]:
    """Yield settings in which nothing but articles keeps the promotions from applying together.

    Nothing is in them that the promotions do not ask for.
    """
    moment = common_moment([promotion.validity for promotion in promotions], on)
    shop = _common([promotion.scope.shops for promotion in promotions])
    till = _common([promotion.scope.tills for promotion in promotions])
    if moment is None or shop is False or till is False:
        return
    customer = any(needs_customer(promotion) for promotion in promotions)
    each = [ways(promotion.when)[0][:_WAYS_EACH] for promotion in promotions]
    rate_bp = max((_rate_bp(promotion) for promotion in promotions), default=0)
    for parts in islice(product(*each), _SETTINGS_MAX):
        wishes = [wish for part in parts for wish in part]
        if clash(wishes, customer=customer):
            continue
        head: dict[str, Any] = {"sale_id": "lint", "at": f"{moment.isoformat()}+00:00"}
        head |= {"shop": shop} if isinstance(shop, str) else {}
        head |= {"till": till} if isinstance(till, str) else {}
        wanted = [wish.leaf for wish in wishes if wish.holds]
        named = customer or any(isinstance(leaf, OF_CUSTOMER) for leaf in wanted)
        # A rate is worth a customer, unless somebody wants none.
        if named or (rate_bp and not any(isinstance(w.leaf, CustomerKnown) for w in wishes)):
            head["customer"] = _customer(wishes, moment.date(), rate_bp)
        series = list(dict.fromkeys(leaf.series for leaf in wanted if isinstance(leaf, Coupon)))
        if series:
            count = min(_COUPONS_EACH, max(_COUPONS_MAX // len(series), 1))
            head["coupons"] = [
                {"code": f"LINT{n}-{number}", "series": name}
                for n, name in enumerate(series[:_COUPONS_MAX])
                for number in range(count)
            ]
        tenders = _tenders(wishes)
        head |= {"tenders": tenders} if tenders else {}
        yield Setting(
            head,
            [leaf for leaf in wanted if isinstance(leaf, MinValue)],
            [leaf for leaf in wanted if isinstance(leaf, MinQuantity)],
        )


def _common(lists: Sequence[tuple[str, ...]]) -> str | bool:
    """Return the first name in every list that names any; True = anywhere, False = nowhere."""
    named = [names for names in lists if names]
    if not named:
        return True
    return next((name for name in named[0] if all(name in others for others in named)), False)


def _rate_bp(promotion: Promotion) -> int:
    if not isinstance(promotion.offer, ReceiptDiscount):
        return 0
    rates = [t.benefit.max_bp for t in promotion.offer.tiers if t.benefit.type == "customer_rate"]
    return min(max(rates, default=0), MAX_BP)


def _tenders(wishes: Sequence[Wish]) -> list[str]:
    barred = {
        name
        for leaf, holds in wishes
        if isinstance(leaf, Tender) and not holds
        for name in leaf.any_of
    }
    found = []
    for leaf, holds in wishes:
        if isinstance(leaf, Tender) and holds:
            found += [name for name in leaf.any_of if name not in barred][:1]
    return list(dict.fromkeys(found))


def _customer(wishes: Sequence[Wish], day: dt.date, rate_bp: int) -> dict[str, Any]:
    customer: dict[str, Any] = {"id": "lint"}
    segments = _segments(wishes)
    if segments:
        customer["segments"] = segments
    if rate_bp:
        customer["instant_discount_bp"] = rate_bp
    born_on = _born_on(wishes, day)
    if born_on:
        customer["birthday"] = born_on.isoformat()
    history = _history(wishes)
    if history:
        customer["history"] = history
    return customer


def _segments(wishes: Sequence[Wish]) -> list[str]:
    leaves = [wish for wish in wishes if isinstance(wish.leaf, InSegment)]
    barred = {code for leaf, holds in leaves if holds for code in leaf.none_of}  # type: ignore[attr-defined]
    unwanted = {
        code
        for leaf, holds in leaves
        if not holds and not leaf.none_of  # type: ignore[attr-defined]
        for code in leaf.any_of  # type: ignore[attr-defined]
    }
    held: list[str] = []
    for leaf, holds in leaves:
        codes = leaf.any_of if holds else leaf.none_of[:1]  # type: ignore[attr-defined]
        usable = [code for code in codes if code not in barred]
        best = [code for code in usable if code not in unwanted] or usable
        held += best[:1]
    return list(dict.fromkeys(held))


def _born_on(wishes: Sequence[Wish], day: dt.date) -> dt.date | None:
    """Return a birthday of the wanted age, today where the birthday is wanted, else far off."""
    low, high = 0, 150
    is_today = is_asked = False
    for leaf, holds in wishes:
        if isinstance(leaf, Birthday):
            is_asked, is_today = True, is_today or holds
        elif isinstance(leaf, Age):
            is_asked = True
            least, most = leaf.min or 0, 150 if leaf.max is None else leaf.max
            if holds:
                low, high = max(low, least), min(high, most)
            elif most < 150:
                low = max(low, most + 1)
            else:
                high = min(high, least - 1)
    if not is_asked or low > high:
        return None
    years = min(max(40, low), high)
    try:
        anchor = day if is_today else day - _FAR_FROM_BIRTHDAY
        year = dt.date(anchor.year - years, 1, 1).year
    except (OverflowError, ValueError):
        return None
    # On 29 February somebody born on the 28th has no birthday; in a leap year the 29th exists.
    if (anchor.month, anchor.day) == (2, 29) and not calendar.isleap(year):
        return dt.date(year - year % 4, 2, 29) if year - year % 4 else None
    return anchor.replace(year=year)


def _history(wishes: Sequence[Wish]) -> dict[str, int]:
    found: dict[str, int] = {}
    for leaf, holds in wishes:
        if not isinstance(leaf, History):
            continue
        have = found.get(leaf.metric, 0)
        if holds:
            have = max(have, leaf.min) if leaf.min is not None else have
            have = min(have, leaf.max) if leaf.max is not None else have
        elif leaf.max is not None and abs(leaf.max) < 2**62:
            have = max(have, leaf.max + 1)
        elif leaf.min is not None and abs(leaf.min) < 2**62:
            have = min(have, leaf.min - 1)
        found[leaf.metric] = have
    return found

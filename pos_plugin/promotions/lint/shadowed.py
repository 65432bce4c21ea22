"""Promotions that never apply, or that others always beat: shown by the engine, not by guess.

Sales are made for each promotion, with nothing in them that it does not ask for: other units, other
prices, one application and many, and moments and places where its rivals do not run. One sale in
which it is applied clears it; alone in its generation it shows whether it applies at all.
"""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import TYPE_CHECKING, Final

from pos_plugin.promotions.lint.engine import applied
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Sale, Severity
from pos_plugin.promotions.lint.moments import FIRST, LAST
from pos_plugin.promotions.offers import Earn, UnitDiscount

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result

SALES_EACH: Final = 30
"""Sales that are made for one promotion."""

_ESCAPES_EACH: Final = 16
_SHOWN_ENOUGH: Final = 8  # sales in which it applied alone
_ROUNDS: Final = 3
_A_MONDAY: Final = dt.datetime(2026, 3, 2)  # noqa: DTZ001 - shop-local


def find(work: Work) -> Iterator[Finding]:
    """Yield the promotions that no sale made for them gives to the customer."""
    more_times = _limits_outrun(work.promotions)
    earning = [p for p in work.promotions if isinstance(p.offer, Earn)]
    for promotion in work.promotions:
        if promotion.id in work.dead:
            continue
        helpers = [p for p in earning if p is not promotion] if promotion.layer == "earn" else []
        yield from _try(work, promotion, helpers, more_times)


def _limits_outrun(promotions: Sequence[Promotion]) -> list[int]:
    """Return numbers of applications that leave the limits of rivals behind."""
    bounds = {
        bound
        for promotion in promotions
        for bound in (
            promotion.limits.per_receipt,
            promotion.offer.max_units if isinstance(promotion.offer, UnitDiscount) else None,
        )
        if bound is not None and bound <= 200
    }
    caps = any(promotion.limits.max_discount_minor is not None for promotion in promotions)
    return [bound + 1 for bound in sorted(bounds)[-3:]] + ([12] if caps else [])


def _try(
    work: Work, promotion: Promotion, helpers: Sequence[Promotion], more_times: Sequence[int]
) -> Iterator[Finding]:
    shown: list[tuple[Sale, Result]] = []
    tried = 0
    for sale in islice(work.buyer.sales(promotion, more_times), SALES_EACH):
        result = work.engine.price(sale, work.allowance)
        tried += 1
        if result is None:
            continue
        if promotion.id in applied(result):
            return
        if len(shown) >= _SHOWN_ENOUGH:
            continue
        if work.engine.applies_alone(promotion, sale, work.allowance, helpers):
            shown.append((sale, result))
    if not shown:
        yield Finding(
            FindingCode.NEVER_APPLIED,
            Severity.WARNING,
            (promotion.id,),
            f"{promotion.id} applies to none of {tried} sales made for it, not even alone."
            if tried
            else f"No sale within the limits could be made in which {promotion.id} might apply.",
            work.showcase(promotion),
            figures={"sales": tried},
        )
        return
    met: list[Promotion] = []
    for _ in range(_ROUNDS):
        # What keeps the rivals out may let in others.
        rivals = [rival for rival in _rivals(work, shown) if rival not in met]
        if not rivals:
            break
        met += rivals
        for sale in islice(_escapes(work, promotion, met, shown), _ESCAPES_EACH):
            result = work.engine.price(sale, work.allowance)
            tried += 1
            if result is None:
                continue
            if promotion.id in applied(result):
                return
            is_new = not applied(result) <= {rival.id for rival in met}
            if is_new and work.engine.applies_alone(promotion, sale, work.allowance, helpers):
                shown.append((sale, result))
    rivals = met
    sale, result = shown[0]
    names = sorted(applied(result)) or [rival.id for rival in rivals[:1]]
    yield Finding(
        FindingCode.SHADOWED,
        Severity.WARNING,
        (promotion.id, *names),
        f"{promotion.id} was chosen in none of {tried} sales made for it, though alone it "
        f"applies to at least {len(shown)} of them: {', '.join(names)} gives as much or more.",
        sale,
        figures={
            "sales": tried,
            "applies_alone": len(shown),
            "discount_minor": result.discount_minor,
        },
    )


def _rivals(work: Work, shown: Sequence[tuple[Sale, Result]]) -> list[Promotion]:
    names = {name for _, result in shown for name in applied(result)}
    return [promotion for promotion in work.promotions if promotion.id in names]


def _escapes(
    work: Work,
    promotion: Promotion,
    rivals: Sequence[Promotion],
    shown: Sequence[tuple[Sale, Result]],
) -> Iterator[Sale]:
    """Yield sales with other articles than the rivals want, and sales elsewhere, at other times."""
    for avoided in (rivals, *([rival] for rival in rivals[:3])):
        selectors = [selector for rival in avoided for selector in rival.selectors()]
        yield from islice(work.buyer.sales(promotion, avoiding=selectors), 3)
    heads: list[Sale] = [
        {"at": f"{moment.isoformat()}+00:00"} for moment in _moments_without(promotion, rivals)
    ]
    heads += [{"shop": shop} for shop in _places_without(promotion, rivals, "shops")]
    heads += [{"till": till} for till in _places_without(promotion, rivals, "tills")]
    used = {r.id: r.limits.per_customer for r in rivals if r.limits.per_customer is not None}
    for sale, _ in shown[:: max(len(shown) - 1, 1)]:
        for head in heads:
            yield {**sale, **head}
        if used and sale.get("customer"):
            yield {**sale, "customer": {**sale["customer"], "uses": used}}
        # Tenders that a rival forbids.
        barred = [name for rival in rivals for name in work.buyer.barred_tenders(rival)]
        if barred:
            yield {**sale, "tenders": [*sale.get("tenders", []), *barred[:20]]}


def _moments_without(promotion: Promotion, rivals: Sequence[Promotion]) -> Iterator[dt.datetime]:
    """Yield moments at which the promotion is valid and a rival is not."""
    times: list[dt.datetime] = []
    minute = dt.timedelta(minutes=1)
    for rival in rivals:
        if rival.validity.until is not None:
            times.append(rival.validity.until)
        if rival.validity.from_ is not None and rival.validity.from_ - FIRST > minute:
            times.append(rival.validity.from_ - minute)
    own = promotion.validity.from_
    windows = [window for rival in rivals for window in rival.validity.windows][:8]
    if windows:
        known = [t for t in (own, promotion.validity.until, *times) if t is not None]
        week = known[0] if known else _A_MONDAY
        for days in range(8):
            if LAST - week < dt.timedelta(days=days + 1):
                break
            day = (week + dt.timedelta(days=days)).date()
            ends = [dt.datetime.combine(day, window.until) for window in windows]
            times += [*ends, dt.datetime.combine(day, dt.time(12))]
    for moment in times:
        free = [rival for rival in rivals if rival.validity.refusal(moment) is not None]
        if free and promotion.validity.refusal(moment) is None:
            yield moment


def _places_without(promotion: Promotion, rivals: Sequence[Promotion], kind: str) -> Iterator[str]:
    own: tuple[str, ...] = getattr(promotion.scope, kind)
    for rival in rivals:
        theirs: tuple[str, ...] = getattr(rival.scope, kind)
        if theirs:
            yield from [name for name in own or ("lint-elsewhere",) if name not in theirs][:1]

"""A sale posed again for the engine: what matches what is settled, units can be kept apart.

The units are those of the sale, by class. A selector that matches the same classes as another is
the same group of units, and a line says of itself to which groups it belongs. So nothing of the
rules but their offers, limits and coupons is asked again, and single units can be given to one
promotion alone, or left to the later layers alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pos_plugin.model import Line
from pos_plugin.promotions.conditions import All, Any, Coupon
from pos_plugin.promotions.eligible import coupon_manners
from pos_plugin.promotions.offers import Bundle, BuyGet
from pos_plugin.promotions.pack import PackedPromotions
from pos_plugin.promotions.promotion import Limits, Scope, Validity
from pos_plugin.promotions.selector import Match, Selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.model import Basket
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion


class RenamedSale:
    """The same sale with groups of units instead of facts.

    Args:
        eligible: promotions that may apply to the sale, earning aside.
        owners: those of them for which units may be kept.
        basket: the sale.
        classes: its units.
        facts: what selectors match, and the coupons.
    """

    def __init__(
        self,
        eligible: Iterable[Promotion],
        owners: Iterable[Promotion],
        basket: Basket,
        classes: Sequence[UnitClass],
        facts: SaleFacts,
    ) -> None:
        self._basket = basket
        self._classes = classes
        self._facts = facts
        self._of_article: dict[int, set[str]] = {}  # class: the groups it belongs to
        self._of_later: dict[int, set[str]] = {}
        self._of_owner: dict[tuple[str, int], set[str]] = {}
        self._names: dict[tuple[object, ...], str] = {}
        self._later_name: dict[str, str] = {}  # receipt or customer promotion: its group
        kept_for = {promotion.id for promotion in owners}
        self.manners = {one.id: coupon_manners(one, facts).sets for one in eligible}
        """Coupons that each promotion needs: one set of series or another."""
        self.promotions = {
            promotion.id: self._renamed(promotion, has_own=promotion.id in kept_for)
            for promotion in eligible
        }
        """The promotions with groups for selectors, by id."""
        self.rules = PackedPromotions(self.promotions.values())
        self.counts = {c: one.count for c, one in enumerate(classes) if one.discountable}
        """Units that can be discounted, by class."""

    def basket(
        self,
        *,
        declined: Iterable[str] = (),
        without: Mapping[int, int],
        more: Sequence[Line] = (),
        redeemed: Mapping[str, int] | None = None,
    ) -> Basket:
        """Return the sale as it is posed.

        Args:
            declined: promotions that must not apply.
            without: units that are left out, by class.
            more: lines for them, see ``kept``, ``apart``, ``rest`` and ``added``.
            redeemed: coupons that are gone, by series.
        """
        lines = [
            self._line(
                f"{c}",
                count - without.get(c, 0),
                self._classes[c].price_minor,
                self._of_article.get(c, set()) | self._of_later.get(c, set()),
            )
            for c, count in self.counts.items()
            if count > without.get(c, 0)
        ]
        coupons = []
        gone = dict(redeemed or {})
        for coupon in self._basket.coupons:
            if gone.get(coupon.series, 0):
                gone[coupon.series] -= 1
            else:
                coupons.append(coupon)
        return replace(
            self._basket,
            lines=(*lines, *more),
            declined=tuple(declined),
            coupons=tuple(coupons),
            tenders=(),
        )

    def kept(self, owner: str, c: int, units: int) -> Line:
        """Return units that no other article promotion may take; later layers see them."""
        groups = self._of_owner.get((owner, c), set()) | self._of_later.get(c, set())
        return self._line(f"{c}=", units, self._classes[c].price_minor, groups)

    def apart(self, owner: str, c: int, units: int) -> Line:
        """Return units that only this promotion sees at all."""
        groups = self._of_owner.get((owner, c), set())
        return self._line(f"{c}-", units, self._classes[c].price_minor, groups)

    def rest(self, c: int, left_minor: int) -> Line:
        """Return what is left to pay of units that were kept apart: only later layers see it."""
        return self._line(f"{c}+", 1, left_minor, self._of_later.get(c, set()))

    def added(self, owner: str, price_minor: int, seen_by: Iterable[str]) -> Line:
        """Return a unit for this receipt or customer promotion, which others of them see, too."""
        return self._line(
            "!", 1, price_minor, {_own(owner), *(self._later_name[name] for name in seen_by)}
        )

    def _line(self, name: str, units: int, price_minor: int, groups: set[str]) -> Line:
        return Line(
            line_id=name,
            sku=name,
            quantity_milli=units * 1000,
            unit_price_minor=price_minor,
            categories=tuple(sorted(groups)),
        )

    def _renamed(self, promotion: Promotion, *, has_own: bool) -> Promotion:
        selectors = [
            self._selector(promotion, place, selector, has_own=has_own)
            for place, selector in enumerate(promotion.selectors())
        ]
        offer = promotion.offer
        parts: dict[str, object] = {"on": selectors[0]}
        if isinstance(offer, Bundle | BuyGet):
            slots = tuple(
                slot.model_copy(update={"on": on})
                for slot, on in zip(offer.slots, selectors, strict=True)
            )
            parts = {"slots": slots}
            if isinstance(offer, BuyGet):
                bought = len(offer.buy)
                parts = {"buy": slots[:bought], "get": slots[bought:]}
        limits = promotion.limits
        return promotion.model_copy(
            update={
                "validity": Validity(),
                "scope": Scope(),
                "when": _asked(self.manners[promotion.id]),
                "offer": offer.model_copy(update=parts),
                "limits": Limits(
                    per_receipt=limits.per_receipt, max_discount_minor=limits.max_discount_minor
                ),
                "hint_within_minor": None,
            }
        )

    def _selector(
        self, promotion: Promotion, place: int, selector: Selector, *, has_own: bool
    ) -> Selector:
        reach = [c for c in self._facts.classes_of(selector) if self._classes[c].discountable]
        is_later = promotion.layer != "article"
        name = self._names.setdefault((is_later, *reach), f"{len(self._names)}")
        if is_later:
            self._later_name[promotion.id] = name
        groups = self._of_later if is_later else self._of_article
        for c in reach:
            groups.setdefault(c, set()).add(name)
        names = [name]
        if has_own:
            own = _own(promotion.id) if is_later else _own(promotion.id, place)
            names.append(own)
            for c in reach:
                self._of_owner.setdefault((promotion.id, c), set()).add(own)
        return Selector(any_of=(Match(categories=tuple(names)),))


def _asked(manners: Sequence[tuple[str, ...]]) -> tuple[Any | Coupon, ...]:
    """Return conditions that these coupons meet, and no others."""
    ways = [tuple(Coupon(type="coupon", series=one) for one in manner) for manner in manners]
    if len(ways) == 1:
        return ways[0]
    return (Any(type="any", of=tuple(All(type="all", of=way) for way in ways)),)


def _own(owner: str, place: int = 0) -> str:
    return f"{owner}!{place}"

"""Near misses that are true: what is missing is proposed, then proven by the engine itself.

1. A hint is only given for a promotion with ``hint_within_minor``, and never above that value.
2. The sale with the addition is evaluated with the promotion and without it (of an applied one:
   without its next tier); the difference is the saving. No difference, no hint.
3. Proposals may be generous, for only the proof counts; they are few and the nearest come first.
4. Both evaluations are those of the till: same search, same budget. Their number and their steps
   together are bounded, so that hints cost no more than the sale itself at its hardest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from pos_plugin.limits import MAX_LINES, MAX_PRICE_MINOR, MAX_SALE_MINOR
from pos_plugin.model import Line
from pos_plugin.promotions.benefits import AmountOff, Percent
from pos_plugin.promotions.classes import classes_of
from pos_plugin.promotions.conditions import MinQuantity, MinValue, Not
from pos_plugin.promotions.eligible import refusal
from pos_plugin.promotions.explain import base_minor
from pos_plugin.promotions.offers import Bundle, BuyGet, NForM, QuantityTiers, ReceiptDiscount
from pos_plugin.promotions.result import Hint
from pos_plugin.promotions.selector import Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pos_plugin.model import Basket
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.condition import Condition
    from pos_plugin.promotions.explain import Outcome
    from pos_plugin.promotions.facts import SaleFacts, SaleView
    from pos_plugin.promotions.offers.receipt_discount import Tier
    from pos_plugin.promotions.pack import PackedPromotions
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result
    from pos_plugin.promotions.selector import Selector

MAX_PROPOSALS: Final = 3
"""Proposals that are evaluated for one sale, the nearest first."""

_ADDED: Final = "+"  # line and article of an addition that no line of the sale can stand for
_MAX_GIFTS: Final = 16  # articles that are looked up for one sale
_MAX_MATCHES: Final = 8  # matches of a selector that are tried for an article of its kind


class Price(Protocol):
    """The engine: what a sale costs; ``instead`` stands in for the promotion with its id."""

    def __call__(self, basket: Basket, *, instead: Promotion | None = None) -> Result:
        """Return the result of the sale."""


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What may be missing to a promotion.

    ``price_minor`` is the price of one unit, at which an amount is missing or a piece is known;
    ``quantity`` the number of pieces, None for an amount. ``piece`` is a unit of the sale to be
    bought again. ``counted_only``: a condition counts the addition, the offer need not take it.
    ``smaller`` is an applied promotion without the tier that is near. ``is_given``: the pieces are
    those that a buy-get gives, and what it asks to buy is there.
    """

    promotion: Promotion
    of: Selector
    price_minor: int
    quantity: int | None = None
    piece: Line | None = None
    counted_only: bool = False
    smaller: Promotion | None = None
    is_given: bool = False

    @property
    def value_minor(self) -> int:
        """What is missing in minor units (cents)."""
        return self.price_minor * (self.quantity or 1)


class Hints:
    """Looks for the near misses of one evaluated sale.

    Args:
        rules: promotions of its generation.
        basket: the sale.
        classes: its units.
        facts: what conditions see.
        outcome: what the chosen solution did.
        price: the engine.
        max_steps: search steps after which no further proposal is evaluated.
        gifts: articles that buy-gets name and that were not scanned, at their price.
    """

    def __init__(
        self,
        rules: PackedPromotions,
        basket: Basket,
        classes: list[UnitClass],
        facts: SaleFacts,
        outcome: Outcome,
        *,
        price: Price,
        max_steps: int,
        gifts: tuple[Line, ...] = (),
    ) -> None:
        self._rules = rules
        self._basket = basket
        self._classes = classes
        self._facts = facts
        self._outcome = outcome
        self._price = price
        self._steps_left = max_steps
        self._gifts = gifts
        sold_minor = sum(abs(line.gross_minor) for line in basket.lines)
        self._room_minor = min(MAX_PRICE_MINOR, MAX_SALE_MINOR - sold_minor)

    def find(self) -> tuple[Hint, ...]:
        """Return every hint that holds: by what is missing, then by promotion."""
        if len(self._basket.lines) >= MAX_LINES:
            return ()
        proposals = [
            proposal
            for promotion in self._rules.hinting
            for proposal in self._proposals(promotion)
            if 0 < proposal.value_minor <= self._within_minor(promotion)
        ]
        proposals.sort(key=lambda one: (one.value_minor, one.promotion.id))
        proven: dict[str, tuple[int, Hint]] = {}
        for proposal in proposals[:MAX_PROPOSALS]:
            if proposal.promotion.id not in proven:
                found = self._proven(proposal)
                if found is not None:
                    proven[proposal.promotion.id] = found
        return tuple(
            hint for _, hint in sorted(proven.values(), key=lambda one: (one[0], one[1].promotion))
        )

    def _within_minor(self, promotion: Promotion) -> int:
        return min(promotion.hint_within_minor or 0, self._room_minor)

    def _proposals(self, promotion: Promotion) -> Iterator[_Proposal]:
        missing = refusal(promotion, self._basket, self._facts)
        if missing is not None:
            if missing.code in ("min_value", "min_quantity"):
                yield from self._for_conditions(promotion)
            return
        offer = promotion.offer
        if isinstance(offer, ReceiptDiscount):
            yield from self._for_tier(promotion, offer)
        elif isinstance(offer, QuantityTiers):
            yield from self._for_next_quantity(promotion, offer)
        elif promotion.id in self._outcome.applied:
            return
        elif isinstance(offer, NForM):
            yield from self._for_units(promotion, offer.on, offer.n - self._open_units(offer.on))
        elif isinstance(offer, Bundle | BuyGet):
            yield from self._for_slots(promotion, offer)

    def _for_conditions(self, promotion: Promotion) -> Iterator[_Proposal]:
        for condition in _measuring(promotion.when):
            if isinstance(condition, MinValue):
                need_minor = condition.minor - self._facts.value_minor(condition.of)
                yield _Proposal(promotion, condition.of, need_minor, counted_only=True)
            else:
                need = condition.quantity - self._facts.units(condition.of)
                yield from self._for_units(promotion, condition.of, need, counted_only=True)

    def _for_tier(self, promotion: Promotion, offer: ReceiptDiscount) -> Iterator[_Proposal]:
        have_minor = base_minor(promotion, self._classes, self._facts, self._outcome)
        above = [tier for tier in offer.tiers if tier.min_value_minor > have_minor]
        if not above:
            return
        tier = min(above, key=lambda tier: tier.min_value_minor)
        next_minor = tier.min_value_minor
        if self._most_minor(promotion, tier) <= self._outcome.given_minor[promotion.layer]:
            return  # the layer has one promotion, and what it gives now is more
        smaller = None
        if promotion.id in self._outcome.applied:
            lower = tuple(one for one in offer.tiers if one.min_value_minor != next_minor)
            smaller = promotion.model_copy(
                update={"offer": offer.model_copy(update={"tiers": lower})}
            )
        yield _Proposal(promotion, offer.on, next_minor - have_minor, smaller=smaller)

    def _most_minor(self, promotion: Promotion, tier: Tier) -> int:
        """Return the most that a tier could give once it is just reached, without any rounding."""
        if isinstance(tier.benefit, AmountOff):
            return tier.benefit.minor
        rate_bp = tier.benefit.bp if isinstance(tier.benefit, Percent) else tier.benefit.max_bp
        scanned_minor = sum(
            self._classes[c].price_minor * self._classes[c].count
            for c in self._open(promotion.selectors()[0])
        )
        return -(-(scanned_minor + tier.min_value_minor) * rate_bp // 10_000)

    def _for_next_quantity(self, promotion: Promotion, offer: QuantityTiers) -> Iterator[_Proposal]:
        have = self._open_units(offer.on)
        above = [tier for tier in offer.steps() if tier.min_quantity > have]
        limit = promotion.limits.per_receipt
        if not above or (limit is not None and limit < above[0].min_quantity):
            return
        smaller = None
        if promotion.id in self._outcome.applied:
            lower = tuple(tier for tier in offer.tiers if tier is not above[0])
            smaller = promotion.model_copy(
                update={"offer": offer.model_copy(update={"tiers": lower})}
            )
        for one in self._for_units(promotion, offer.on, above[0].min_quantity - have):
            yield replace(one, smaller=smaller)

    def _for_slots(self, promotion: Promotion, offer: Bundle | BuyGet) -> Iterator[_Proposal]:
        short = [
            (slot, need)
            for slot in offer.slots
            if (need := slot.quantity - self._open_units(slot.on)) > 0
        ]
        # Slots that want the same units: together too few, whichever of them is served first.
        reach = {c for slot in offer.slots for c in self._open(slot.on)}
        together = sum(slot.quantity for slot in offer.slots)
        together -= sum(self._classes[c].count for c in reach)
        given: set[Selector] = set()
        most = 0  # pieces that are given, where all that must be bought is there
        if isinstance(offer, BuyGet) and all(slot not in offer.buy for slot, _ in short):
            given = {slot.on for slot in offer.get}
            most = sum(slot.quantity for slot in offer.get)
        if len(short) == 1:
            slot, need = short[0]
            wanted = {slot.on: max(need, together)}
        else:
            wanted = {} if short else {slot.on: together for slot in offer.slots}
        for selector, need in wanted.items():
            is_given = selector in given and need <= most
            for one in self._for_units(promotion, selector, need):
                yield replace(one, is_given=is_given)

    def _for_units(
        self, promotion: Promotion, of: Selector, need: int, *, counted_only: bool = False
    ) -> Iterator[_Proposal]:
        """Propose pieces at their cheapest price in the sale, else at the lowest that ``of`` names.

        Without either no price is known, and there is no hint.
        """
        if need <= 0:
            return
        matching = self._facts.classes_of(of)
        known = matching if counted_only else self._open(of)
        if matching and not known:
            return  # more of what is known would be price-bound as well
        piece = _line_of(self._classes[known[-1]]) if known else None  # by falling price
        if piece is None and not counted_only:
            known_gifts = [line for line in self._gifts if self._is_of(of, line)]
            piece = min(known_gifts, key=lambda line: line.unit_price_minor, default=None)
        if piece is not None:
            price_minor = piece.unit_price_minor
        else:
            price_minor = min((match.price_min_minor or 0 for match in of.any_of), default=0)
        yield _Proposal(
            promotion,
            of,
            price_minor,
            quantity=need,
            piece=piece,
            counted_only=counted_only,
        )

    def _open(self, of: Selector) -> list[int]:
        return [c for c in self._facts.classes_of(of) if self._classes[c].discountable]

    def _open_units(self, of: Selector) -> int:
        return sum(self._classes[c].count for c in self._open(of))

    def _article(self, of: Selector, price_minor: int) -> Line | None:
        """Return an article that the selector means, at the lowest price from this one on.

        It has only the facts that the selector asks for, so that no other promotion reduces it
        which does not reduce everything; where the selector excludes such an article, the facts
        of a unit of the sale are taken.
        """
        candidates = [
            _article_of(match, price_minor)
            for match in (of.any_of or (Match(),))[:_MAX_MATCHES]
            if match.price_max_minor is None or price_minor <= match.price_max_minor
        ]
        candidates.sort(key=lambda line: line.unit_price_minor)
        candidates += [
            replace(_line_of(self._classes[c]), unit_price_minor=price_minor)
            for c in self._open(of)[:1]
        ]
        return next((line for line in candidates if self._is_of(of, line)), None)

    def _is_of(self, of: Selector, line: Line) -> bool:
        classes = classes_of(replace(self._basket, lines=(line,)))
        return bool(self._rules.selectors.matching(classes)[self._rules.selectors.number_of(of)])

    def _proven(self, proposal: _Proposal) -> tuple[int, Hint] | None:
        """Return what is missing and the hint, when the addition saves something."""
        promotion = proposal.promotion
        piece = proposal.piece or self._article(proposal.of, proposal.price_minor)
        if piece is None:
            return None
        added = replace(piece, quantity_milli=(proposal.quantity or 1) * 1000)
        value_minor = added.gross_minor
        if value_minor > self._within_minor(promotion):
            return None
        saving_minor, more_minor = self._saving_minor(proposal, added)
        if saving_minor and proposal.counted_only and added.discountable:
            # A condition counts price-bound articles too: the hint must hold for both kinds.
            bound = replace(added, discountable=False)
            saving_minor = min(saving_minor, self._saving_minor(proposal, bound)[0])
        if not saving_minor:
            return None
        hint = Hint(
            promotion=promotion.id,
            saving_minor=saving_minor,
            need_minor=value_minor if proposal.quantity is None else None,
            need_quantity=proposal.quantity,
            of=proposal.of.model_dump(mode="json", exclude_defaults=True),
            label=dict[str, str](promotion.label.items()),
            is_gift=proposal.is_given and more_minor <= 0,
        )
        return value_minor, hint

    def _saving_minor(self, proposal: _Proposal, added: Line) -> tuple[int, int]:
        """Return what the promotion saves for certain on the sale with the addition; 0 = nothing.

        With it what the sale then costs more than now. Where the sale without the promotion is not
        solved to the end, the cheapest it might be counts.
        """
        if self._steps_left <= 0:
            return 0, 0
        basket = replace(self._basket, lines=(*self._basket.lines, added))
        wanted = self._evaluated(basket)
        # Without the promotion it costs at most as much as now, and the addition at its price.
        more_minor = wanted.total_minor - self._outcome.total_minor
        if added.gross_minor <= more_minor:
            return 0, more_minor
        if proposal.smaller is None:
            declined = (*basket.declined, proposal.promotion.id)
            without = self._evaluated(replace(basket, declined=declined))
        else:
            without = self._evaluated(basket, instead=proposal.smaller)
        saving_minor = without.total_minor - without.gap_minor - wanted.total_minor
        return max(0, saving_minor), more_minor

    def _evaluated(self, basket: Basket, *, instead: Promotion | None = None) -> Result:
        result = self._price(basket, instead=instead)
        self._steps_left -= result.diagnostics.steps
        return result


def gifts_of(sale: SaleView, article: Callable[[str], Line | None]) -> tuple[Line, ...]:
    """Return a piece of every article that a hinted buy-get names and that was not scanned."""
    facts = sale.facts
    skus = [
        sku
        for promotion in sale.rules.giving
        if any(facts.classes_of(selector) for selector in promotion.selectors())
        and refusal(promotion, sale.basket, facts) is None
        for slot in promotion.offer.get  # type: ignore[union-attr]
        if not facts.classes_of(slot.on)
        for match in slot.on.any_of
        for sku in match.skus
    ]
    found = [article(sku) for sku in dict.fromkeys(skus[:_MAX_GIFTS])]
    return tuple(
        replace(line, line_id=_ADDED, quantity_milli=1000)
        for line in found
        if line is not None and line.discountable
    )


def _measuring(conditions: Iterable[Condition]) -> Iterator[MinValue | MinQuantity]:
    """Yield the conditions that more articles can satisfy."""
    for condition in conditions:
        if isinstance(condition, MinValue | MinQuantity):
            yield condition
        elif not isinstance(condition, Not):
            yield from _measuring(condition.inner())


def _article_of(match: Match, price_minor: int) -> Line:
    return Line(
        line_id=_ADDED,
        sku=match.skus[0] if match.skus else _ADDED,
        quantity_milli=1000,
        unit_price_minor=max(price_minor, match.price_min_minor or 0),
        categories=match.categories[:1],
        brand=match.brands[0] if match.brands else None,
        season=match.seasons[0] if match.seasons else None,
        tags=(*match.tags[:1], *match.tags_all),
        markdown=match.price_state == "markdown",
    )


def _line_of(one: UnitClass) -> Line:
    return Line(
        line_id=_ADDED,
        sku=one.sku,
        quantity_milli=1000,
        unit_price_minor=one.price_minor,
        categories=one.categories,
        brand=one.brand or None,
        season=one.season or None,
        tags=one.tags,
        vat_rate_bp=one.vat_rate_bp,
        markdown=one.markdown,
        discountable=one.discountable,
    )

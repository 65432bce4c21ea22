"""How far an article can fall below its scanned price by several promotions together.

Sets of promotions that could reach the shop's limit are tried, the ones that promise most first;
each sale is priced with the whole generation, and every sale of every other check is looked at too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.limits import MAX_BP, MAX_LINES, MAX_PIECES_A_LINE
from pos_plugin.promotions.lint.buying import (
    Wanted,
    divide_up,
    needs_of,
    prices_worth_trying,
)
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.benefits import AmountOff, CustomerRate, FixedPrice, Percent
    from pos_plugin.promotions.lint.article import Article
    from pos_plugin.promotions.lint.finding import Sale
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result

SETS_TRIED: Final = 4_000
"""Sets of promotions that are ranked by what they promise."""

SHOWN: Final = 100

PIECES_APART: Final = 40
"""Pieces up to which a line is taken apart."""

CHEAP_MINOR: Final = 500
"""Below this price rounding hides what one unit bears: many of them are bought together."""


class Fall(NamedTuple):
    """A line that fell: by how much, to what, in which sale."""

    bp: int
    percent: int
    sku: str
    gross_minor: int
    paid_minor: int
    sale: Sale

    @property
    def rank(self) -> tuple[int, int]:
        """The deepest first; of equally deep ones the price a person grasps at once."""
        return self.percent, -abs(self.gross_minor - 10_000)


@dataclass(slots=True)
class Deepest:
    """Keeps the deepest fall below a limit of every set of promotions that was seen.

    Args:
        max_combined_bp: the limit in basis points; a fall of exactly so much is allowed.
        falls: by the ids of the promotions that took part.
    """

    max_combined_bp: int
    falls: dict[tuple[str, ...], Fall] = field(default_factory=dict)

    def watch(self, sale: Sale, result: Result) -> None:
        """Look at every line of a result."""
        for sold, line in zip(sale["lines"], result.lines, strict=True):
            if line.discount_minor * MAX_BP <= self.max_combined_bp * line.gross_minor:
                continue
            names = tuple(
                dict.fromkeys(one.promotion for one in line.discounts if one.discount_minor)
            )
            # Units of one line may have different article promotions; no unit has two of them.
            of_article = {one.promotion for one in line.discounts if one.layer == "article"}
            if len(names) < 2 or len(of_article) > 1:
                continue
            # Each promotion is rounded once: a cent of it may be nobody's will.
            meant_minor = line.discount_minor - len(names)
            if meant_minor * MAX_BP <= self.max_combined_bp * line.gross_minor:
                continue
            fall = Fall(
                divide_down(line.discount_minor * MAX_BP, line.gross_minor),
                divide_down(meant_minor * 100, line.gross_minor),
                sold["sku"],
                line.gross_minor,
                line.paid_minor,
                sale,
            )
            known = self.falls.get(names)
            if known is None or fall.rank > known.rank:
                self.falls[names] = fall


def explore(work: Work) -> Iterator[Finding]:
    """Try the sets that could be too deep; what they show is in :func:`findings` at the end."""
    for members in _sets(work):
        ids = {member.id for member in members}
        if not any(ids <= set(names) for names in work.deepest.falls):
            _try(work, members)
    return iter(())


def findings(work: Work) -> Iterator[Finding]:
    """Yield what was seen to fall below the limit, the deepest first.

    Of made-up articles, a fall that rests on the price is a warning only: it says what the rules
    would allow if there were such an article.
    """
    deepest = work.deepest
    by_price = {
        promotion.id
        for promotion in work.promotions
        if work.articles is None and _rests_on_price(promotion)
    }
    ranked = sorted(deepest.falls.items(), key=lambda item: (-item[1].bp, item[0]))
    for names, fall in ranked[:SHOWN]:
        yield Finding(
            FindingCode.COMBINED_REDUCTION,
            Severity.ERROR if by_price.isdisjoint(names) else Severity.WARNING,
            names,
            f"{' and '.join(names)} together let {fall.sku} fall by "
            f"{_percent(fall.bp)}, from {fall.gross_minor} to {fall.paid_minor} cents; "
            f"the limit is {_percent(deepest.max_combined_bp)}.",
            fall.sale,
            figures={
                "reduction_bp": fall.bp,
                "max_combined_bp": deepest.max_combined_bp,
                "gross_minor": fall.gross_minor,
                "paid_minor": fall.paid_minor,
            },
        )


def _rests_on_price(promotion: Promotion) -> bool:
    """Return whether how far a unit falls depends on what units cost."""
    offer = promotion.offer
    if isinstance(offer, ReceiptDiscount):
        return any(
            tier.benefit.type == "amount_off" and not tier.min_value_minor for tier in offer.tiers
        )
    if isinstance(offer, QuantityTiers):
        return any(tier.benefit.type != "percent" for tier in offer.tiers)
    if isinstance(offer, BuyGet) and not offer.get_at_most_buy_price:
        return True
    return isinstance(offer, UnitDiscount | NForM | Bundle | BuyGet) and (
        offer.benefit.type != "percent"
    )


def _percent(bp: int) -> str:
    return f"{divide_down(bp, 100)}.{bp % 100:02} %"


def _sets(work: Work) -> Iterator[list[Promotion]]:
    """Yield sets of one promotion a layer that might be too deep, the deepest promise first."""
    layers: list[list[tuple[int, Promotion | None]]] = []
    for layer in ("article", "receipt", "customer"):
        promises = [
            (promise_bp(promotion), promotion)
            for promotion in work.promotions
            if promotion.layer == layer
            and promotion.id not in work.dead
            and promotion.exclusive != "receipt"
        ]
        promises.sort(key=lambda item: (-item[0], item[1].id))
        layers.append([*promises, (0, None)])
    allowed = MAX_BP - work.options.max_combined_bp
    ranked: list[tuple[int, list[Promotion]]] = []
    looked_at = 0
    for receipt, customer in product(*layers[1:]):
        for article in layers[0]:
            looked_at += 1
            if looked_at > SETS_TRIED * 10:
                work.bounded = True
                break
            parts = (article, receipt, customer)
            left = 1
            for bp, _ in parts:
                left *= MAX_BP - bp
            if left >= allowed * MAX_BP * MAX_BP:
                break  # those after it promise less
            members = [promotion for _, promotion in parts if promotion is not None]
            if len(members) > 1 and not (article[1] and article[1].exclusive == "units"):
                ranked.append((left, members))
    ranked.sort(key=lambda item: (item[0], [promotion.id for promotion in item[1]]))
    work.bounded = work.bounded or len(ranked) > SETS_TRIED
    for _, members in ranked[:SETS_TRIED]:
        yield members


def promise_bp(promotion: Promotion) -> int:
    """Return how far one unit could fall by a promotion at the very most, in basis points."""
    offer = promotion.offer
    if isinstance(offer, UnitDiscount | Bundle):
        return _rate_bp(offer.benefit)
    if isinstance(offer, NForM):
        # The discount is spread over all units taken, in proportion to price.
        return divide_up(_rate_bp(offer.benefit) * offer.discounted, offer.n)
    if isinstance(offer, BuyGet):
        given = sum(slot.quantity for slot in offer.get)
        taken = given + sum(slot.quantity for slot in offer.buy)
        rate_bp = _rate_bp(offer.benefit)
        return divide_up(rate_bp * given, taken) if offer.get_at_most_buy_price else rate_bp
    if isinstance(offer, QuantityTiers):
        return max(_rate_bp(tier.benefit) for tier in offer.tiers)
    if isinstance(offer, ReceiptDiscount):
        return max(_tier_bp(tier.benefit, tier.min_value_minor) for tier in offer.tiers)
    return 0


def _rate_bp(benefit: Percent | AmountOff | FixedPrice | CustomerRate) -> int:
    if benefit.type == "percent":
        return benefit.bp
    return benefit.max_bp if benefit.type == "customer_rate" else MAX_BP


def _tier_bp(benefit: Percent | AmountOff | CustomerRate, min_value_minor: int) -> int:
    if benefit.type == "amount_off" and min_value_minor:
        return min(divide_up(benefit.minor * MAX_BP, min_value_minor), MAX_BP)
    return _rate_bp(benefit)


def _try(work: Work, members: Sequence[Promotion]) -> None:
    """Price sales in which all members act on the same units."""
    prices_minor = [price for member in members for price in prices_worth_trying(member)]
    main = members[0]
    shared = tuple(member.selectors()[0] for member in members[1:])
    settings = work.buyer.settings(members)[:2]
    for needs in needs_of(main):
        targets: list[Article] = []
        for need in needs if main.layer == "article" else needs[:1]:
            found = work.buyer.shelf.common((need.selector, *shared), prices_minor)
            targets += found[:1] + found[-1:]
        rest = [work.buyer.shelf.common((need.selector,), prices_minor) for need in needs]
        for target in dict.fromkeys(targets):
            units = [
                Wanted(target if target in found else found[-1], max(need.pieces, 1))
                for need, found in zip(needs, rest, strict=True)
                if found
            ]
            for setting in settings:
                for times in _times(units, members):
                    scaled = [Wanted(one.article, one.pieces * times) for one in units]
                    sale = work.buyer.sale(setting, scaled)
                    if sale is not None:
                        work.engine.price(_unit_by_unit(sale), work.allowance)


def _unit_by_unit(sale: Sale) -> Sale:
    """Return the sale with a line for each piece, so that what one unit bears is seen."""
    lines = []
    for line in sale["lines"]:
        pieces = divide_down(line["quantity_milli"], 1000)
        if pieces > PIECES_APART or line["unit_price_minor"] < CHEAP_MINOR:
            lines.append(line)
            continue
        for number in range(1, pieces + 1):
            single = {"line_id": f"{line['line_id']}.{number}", "quantity_milli": 1000}
            lines.append(line | single)
    return {**sale, "lines": lines} if len(lines) <= MAX_LINES else sale


def _times(units: Sequence[Wanted], members: Sequence[Promotion]) -> list[int]:
    """Return how often the units may have to be bought for the tiers to open."""
    worth_minor = max(sum(one.article.unit_price_minor * one.pieces for one in units), 1)
    cheap = any(one.article.unit_price_minor < CHEAP_MINOR for one in units)
    found = {1, divide_up(4 * CHEAP_MINOR, worth_minor)} if cheap else {1}
    for member in members:
        if isinstance(member.offer, ReceiptDiscount):
            for tier in member.offer.tiers[:4]:
                found.add(divide_up(tier.min_value_minor, worth_minor))
                # What the layers before leave is less: at a third, three times as much is needed.
                found |= {
                    divide_up(tier.min_value_minor * n, worth_minor * 4) for n in (5, 6, 8, 12)
                }
    most = max(one.pieces for one in units) if units else 1
    return sorted(n for n in found if 0 < n * most <= MAX_PIECES_A_LINE)[:12]

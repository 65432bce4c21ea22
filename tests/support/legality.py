"""Does a result give what its rules say? Every application is formed again from the text.

The laws judge totals; this judges the explanation: that the units a promotion names match it, that
each application has the right size, that its discount is the rule's, rounded and handed down as
promotions.md §4 (Rounding) says. Article layer first, the later ones on what is left, rounded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from oracle import off, own_rate
from oracle_sale import Unit, half_up, is_one_unit, may_apply, selects, units_of_line

Doc = dict[str, Any]


@dataclass(frozen=True)
class Piece:
    """A unit of the sale, the number of its line, and what it is to the application."""

    line: int
    unit: Unit
    role: str = "target"


def assert_rules_kept(result: Doc, promotions: list[Doc], sale: Doc) -> None:
    """Every applied promotion may apply, and its units and amounts are those of its rule."""
    by_id = {p["id"]: p for p in promotions}
    applied = [by_id[entry["promotion"]] for entry in result["promotions"]]
    of_layer = {layer: [p for p in applied if p["layer"] == layer] for layer in _LAYERS}
    assert sum(len(group) for group in of_layer.values()) == len(applied)
    assert len(of_layer["receipt"]) <= 1
    assert len(of_layer["customer"]) <= 1
    alone = any(p.get("exclusive") == "receipt" for p in applied)
    assert not alone or len(applied) == 1, "an exclusive promotion is not alone"

    # What is left per line on the units that later layers may discount.
    left_minor = [
        line["gross_minor"] if _discountable(sold) else 0
        for line, sold in zip(result["lines"], sale["lines"], strict=True)
    ]
    for promotion in applied:
        assert may_apply(promotion, sale), f"{promotion['id']} may not apply"
        _check_coupons(result, promotion, sale)
    for promotion in of_layer["article"]:
        _check_article(result, promotion, sale)
        for number, entry in _given(result, promotion):
            pieces = _pieces(number, entry, sale)
            if promotion.get("exclusive") == "units":
                left_minor[number] -= sum(piece.unit.price_minor for piece in pieces)
            else:
                left_minor[number] -= entry["discount_minor"]
    for promotion in of_layer["receipt"] + of_layer["customer"]:
        _check_later(result, promotion, sale, left_minor)
        for number, entry in _given(result, promotion):
            left_minor[number] -= entry["discount_minor"]


_LAYERS = ("article", "receipt", "customer")


def _discountable(sold: Doc) -> bool:
    return any(unit.discountable for unit in units_of_line(sold))


def _given(result: Doc, promotion: Doc) -> list[tuple[int, Doc]]:
    """The discount entries of a promotion, each with the number of its line."""
    entries = [
        (number, entry)
        for number, line in enumerate(result["lines"])
        for entry in line["discounts"]
        if entry["promotion"] == promotion["id"]
    ]
    for _, entry in entries:
        assert entry["layer"] == promotion["layer"]
        assert entry["revision"] == promotion.get("revision", 1)
        assert entry["role"] in ("target", "qualifier")
    return entries


def _pieces(number: int, entry: Doc, sale: Doc) -> list[Piece]:
    """The units of an entry; a measured line is one unit whatever its quantity."""
    sold = sale["lines"][number]
    if is_one_unit(sold):
        assert entry["units_milli"] == sold["quantity_milli"]
    else:
        assert entry["units_milli"] % 1000 == 0
    count = 1 if is_one_unit(sold) else entry["units_milli"] // 1000
    role = entry["role"]
    return [Piece(number, unit, role) for unit in units_of_line(sold)[:count]]


def _summary(result: Doc, promotion: Doc) -> Doc:
    return next(entry for entry in result["promotions"] if entry["promotion"] == promotion["id"])


# --- article layer --------------------------------------------------------------------------------


def _check_article(result: Doc, promotion: Doc, sale: Doc) -> None:
    offer, limits = promotion["offer"], promotion.get("limits") or {}
    applications = applications_of(result, promotion, sale)
    assert len(applications) == _summary(result, promotion)["applications"]
    bounds = (limits.get("per_receipt"), offer.get("max_units"))
    assert all(bound is None or len(applications) <= bound for bound in bounds)

    shares: list[tuple[Fraction, Piece]] = []
    discounts: list[Fraction] = []
    for pieces in applications:
        assert all(piece.unit.discountable for piece in pieces)
        discount = discount_of(with_tier(offer, len(applications)), pieces)
        discounts.append(discount)
        price_minor = sum(piece.unit.price_minor for piece in pieces)
        for piece in pieces:
            share = discount * piece.unit.price_minor / price_minor if price_minor else Fraction(0)
            shares.append((share, piece))
    exact = sum((share for share, _ in shares), Fraction(0))
    assert exact > 0, "it gives nothing, so it should not be there"
    idle = len(applications) - sum(discount > 0 for discount in discounts)
    assert not idle or len(applications) <= least_units(offer, len(applications)), (
        "an application that gives nothing does not exist"
    )
    cap_minor = limits.get("max_discount_minor")
    capped = exact if cap_minor is None else min(exact, Fraction(cap_minor))

    of_line = Counter({number: 0 for number, _ in _given(result, promotion)})
    for number, entry in _given(result, promotion):
        of_line[number] += entry["discount_minor"]
    rounded_minor = half_up(*capped.as_integer_ratio())
    # The parts of the rounded total, or those of the exact one: the text allows both remainders.
    scales = {rounded_minor / exact, capped / exact}
    possible = [_handed_down(rounded_minor, shares, scale) for scale in scales]
    assert of_line in possible, f"{promotion['id']} gives {of_line}, its rule {possible}"


def applications_of(result: Doc, promotion: Doc, sale: Doc) -> list[list[Piece]]:
    """The applications of a promotion, unfolded from their groups."""
    groups: dict[int, list[tuple[int, Doc]]] = {}
    for number, entry in _given(result, promotion):
        groups.setdefault(entry["application"], []).append((number, entry))
    single = promotion["offer"]["kind"] in ("unit_discount", "quantity_tiers")
    if single:
        assert len(groups) == 1, "one group for all units"
    unfolded: list[list[Piece]] = []
    for entries in groups.values():
        pieces = [piece for number, entry in entries for piece in _pieces(number, entry, sale)]
        (times,) = {entry["times"] for _, entry in entries}
        if single:
            assert times == len(pieces)
            unfolded += [[piece] for piece in pieces]
            continue
        counts = Counter(pieces)
        assert all(count % times == 0 for count in counts.values()), "a group of unequal parts"
        one = [piece for piece, count in counts.items() for _ in range(count // times)]
        unfolded += [one] * times
    return unfolded


def with_tier(offer: Doc, units: int) -> Doc:
    """The offer with the benefit that so many units reach, where it has tiers."""
    if offer["kind"] != "quantity_tiers":
        return offer
    return offer | {"benefit": _tier_of(offer, units)["benefit"]}


def least_units(offer: Doc, units: int) -> int:
    """The units without which its tier is not reached: what they get does not matter."""
    return _tier_of(offer, units)["min_quantity"] if offer["kind"] == "quantity_tiers" else 0


def _tier_of(offer: Doc, units: int) -> Doc:
    reached = [tier for tier in offer["tiers"] if tier["min_quantity"] <= units]
    assert reached, "fewer units than the lowest tier"
    return max(reached, key=lambda tier: tier["min_quantity"])


def discount_of(offer: Doc, pieces: list[Piece]) -> Fraction:
    """The exact discount of one application; it must be one that the offer allows."""
    if offer["kind"] == "bundle":
        slots = [slot.get("on") for slot in offer["slots"] for _ in range(slot.get("quantity", 1))]
        assert len(slots) == len(pieces)
        assert _fills(slots, pieces), "the units do not fill the slots"
        return off(offer["benefit"], sum(piece.unit.price_minor for piece in pieces))
    if offer["kind"] == "buy_get":
        return _gift_of(offer, pieces)
    assert all(selects(offer.get("on"), piece.unit) for piece in pieces), "a unit does not match"
    assert len(pieces) == offer.get("n", 1)
    prices = sorted(piece.unit.price_minor for piece in pieces)
    benefit = offer.get("benefit") or {"type": "percent", "bp": 10_000}
    return sum((off(benefit, price) for price in prices[: offer.get("discounted", 1)]), Fraction(0))


def _gift_of(offer: Doc, pieces: list[Piece]) -> Fraction:
    bought = [piece for piece in pieces if piece.role == "qualifier"]
    given = [piece for piece in pieces if piece.role == "target"]
    for slots, units in ((offer["buy"], bought), (offer["get"], given)):
        wanted = [slot.get("on") for slot in slots for _ in range(slot.get("quantity", 1))]
        assert len(wanted) == len(units)
        assert _fills(wanted, units), "the units do not fill the slots"
    prices = [piece.unit.price_minor for piece in given]
    if offer.get("get_at_most_buy_price"):
        assert max(prices) <= min(piece.unit.price_minor for piece in bought), "too dear a gift"
    return sum((off(offer["benefit"], price) for price in prices), Fraction(0))


def _fills(slots: list[Doc | None], pieces: list[Piece]) -> bool:
    if not slots:
        return True
    return any(
        selects(slots[0], piece.unit) and _fills(slots[1:], pieces[:n] + pieces[n + 1 :])
        for n, piece in enumerate(pieces)
    )


def _handed_down(
    total_minor: int, shares: list[tuple[Fraction, Piece]], scale: Fraction
) -> Counter[int]:
    """Largest remainder over units (ties: higher price, then sku, then line order), per line."""
    wanted = [(share * scale, piece) for share, piece in shares]
    of_line = Counter({piece.line: 0 for _, piece in wanted})
    for part, piece in wanted:
        of_line[piece.line] += int(part)
    by_remainder = sorted(
        wanted,
        key=lambda w: (int(w[0]) - w[0], -w[1].unit.price_minor, w[1].unit.sku, w[1].line),
    )
    for _, piece in by_remainder[: total_minor - of_line.total()]:
        of_line[piece.line] += 1
    return of_line


# --- receipt and customer layer -------------------------------------------------------------------


def _check_later(result: Doc, promotion: Doc, sale: Doc, left_minor: list[int]) -> None:
    offer, given = promotion["offer"], _given(result, promotion)
    matching = [
        number
        for number, sold in enumerate(sale["lines"])
        if any(selects(offer.get("on"), unit) for unit in units_of_line(sold)[:1])
    ]
    assert {number for number, _ in given} <= set(matching)
    base_minor = sum(left_minor[number] for number in matching)
    # A tier open exactly stays open though its rounded base may show less.
    slack_minor = len(result["promotions"])
    possible = {
        rounded_discount(promotion, tier, sale, base_minor)
        for tier in offer["tiers"]
        if tier.get("min_value_minor", 0) <= base_minor + slack_minor
    }
    discount_minor = _summary(result, promotion)["discount_minor"]
    assert discount_minor in possible, f"{promotion['id']}: {discount_minor} is none of {possible}"
    for number, entry in given:
        part = Fraction(discount_minor * left_minor[number], base_minor)
        assert entry["discount_minor"] <= left_minor[number]
        # Each unit of the line is less than one minor unit away from its part.
        assert abs(entry["discount_minor"] - part) < len(units_of_line(sale["lines"][number]))


def rounded_discount(promotion: Doc, tier: Doc, sale: Doc, base_minor: int) -> int:
    """What a tier of a receipt or customer promotion gives on a rounded base."""
    exact = off(own_rate(tier["benefit"], sale), base_minor)
    cap_minor = (promotion.get("limits") or {}).get("max_discount_minor")
    exact = exact if cap_minor is None else min(exact, Fraction(cap_minor))
    return half_up(*exact.as_integer_ratio())


# --- coupons --------------------------------------------------------------------------------------


def _check_coupons(result: Doc, promotion: Doc, sale: Doc) -> None:
    """As many are redeemed as the applications need, and only coupons that are there."""
    used = [entry for entry in result["coupons_used"] if entry["promotion"] == promotion["id"]]
    there = {coupon["code"]: coupon["series"] for coupon in sale.get("coupons", ())}
    assert all(there.get(entry["code"]) == entry["series"] for entry in used)
    codes = [entry["code"] for entry in result["coupons_used"]]
    assert len(codes) == len(set(codes)), "a coupon is redeemed twice"
    article = promotion["layer"] == "article"
    times = _summary(result, promotion)["applications"] if article else 1
    needs = [len(need) * times for need in may_apply(promotion, sale)]
    assert min(needs) <= len(used) <= max(needs)

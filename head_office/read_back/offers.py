"""What a promotion takes off: one sentence for each kind of offer that lowers a price."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from head_office.read_back.benefits import each, given, less
from head_office.read_back.selectors import what
from head_office.read_back.words import both, money, of_pieces, pieces, say
from pos_plugin.limits import MAX_BP
from pos_plugin.promotions.benefits import AmountOff, FixedPrice, Percent
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)

if TYPE_CHECKING:
    from pos_plugin.promotions.offers.bundle import Slot


@singledispatch
def sentence(offer: Any, language: str) -> str:  # noqa: ANN401 - whatever has no words yet
    """Return what the offer gives, one sentence in ``de`` or ``en``."""
    raise TypeError(f"no {language} words for the offer {offer.kind}")


@sentence.register
def _(offer: UnitDiscount, language: str) -> str:
    units = what(offer.on, language)
    benefit = offer.benefit
    if isinstance(benefit, FixedPrice):
        price = money(benefit.minor, language)
        said = say(language, f"Alle Teile{units} kosten {price}", f"Every piece{units} is {price}")
    else:
        said = say(
            language,
            f"{less(benefit, language)} auf alle Teile{units}",
            f"{less(benefit, language)} every piece{units}",
        )
        if isinstance(benefit, AmountOff) and language == "de":
            said = f"{less(benefit, language)} auf jedes Teil{units}"
    if offer.max_units is not None:
        said += say(
            language,
            f", auf höchstens {pieces(offer.max_units, '', language)} je Bon",
            f", at most {pieces(offer.max_units, '', language)} a receipt",
        )
    return f"{said}."


@sentence.register
def _(offer: NForM, language: str) -> str:
    taken = pieces(offer.n, what(offer.on, language), language)
    number = offer.discounted
    cheapest = say(
        language,
        "das günstigste davon" if number == 1 else f"die {number} günstigsten davon",
        "the cheapest of them" if number == 1 else f"the {number} cheapest of them",
    )
    if isinstance(offer.benefit, Percent) and offer.benefit.bp == MAX_BP:
        paid = offer.n - number
        return say(
            language,
            f"Wer {taken} nimmt, bezahlt nur {paid}: D{cheapest[1:]} "
            f"{'ist' if number == 1 else 'sind'} geschenkt.",
            f"Take {taken}, pay only {paid}: {cheapest} {'is' if number == 1 else 'are'} free.",
        )
    how = given(offer.benefit, language)
    return say(
        language,
        f"Wer {taken} nimmt, bekommt {cheapest} {how}.",
        f"Take {taken} and get {cheapest} {how}.",
    )


@sentence.register
def _(offer: Bundle, language: str) -> str:
    together = _slots(offer.slots, language)
    if isinstance(offer.benefit, FixedPrice):
        price = money(offer.benefit.minor, language)
        return say(
            language,
            f"{together} kosten zusammen {price}.",
            f"{together} cost {price} together.",
        )
    reduction = less(offer.benefit, language)
    return say(
        language,
        f"{together} gibt es zusammen mit {reduction}.",
        f"{together} together come with {reduction}.",
    )


@sentence.register
def _(offer: BuyGet, language: str) -> str:
    bought, got = _slots(offer.buy, language), _slots(offer.get, language)
    how = given(offer.benefit, language)
    said = say(
        language,
        f"Wer {bought} kauft, bekommt {got} {how}.",
        f"Buy {bought} and get {got} {how}.",
    )
    if offer.get_at_most_buy_price:
        said += say(
            language,
            " Was man bekommt, kostet höchstens so viel wie das günstigste gekaufte Teil.",
            " What one gets costs no more than the cheapest piece bought.",
        )
    return said


@sentence.register
def _(offer: QuantityTiers, language: str) -> str:
    units = what(offer.on, language)
    steps = "; ".join(
        say(
            language,
            f"ab {of_pieces(tier.min_quantity, '', language)} {each(tier.benefit, language)}",
            f"from {pieces(tier.min_quantity, '', language)} on {each(tier.benefit, language)}",
        )
        for tier in offer.steps()
    )
    return say(
        language,
        f"Teile{units} werden mit der Menge günstiger: {steps}. "
        "Die höchste erreichte Stufe gilt für alle diese Teile.",
        f"Pieces{units} get cheaper by number: {steps}. "
        "The highest step reached holds for all of these pieces.",
    )


@sentence.register
def _(offer: ReceiptDiscount, language: str) -> str:
    units = what(offer.on, language)
    base = say(
        language,
        f"den Einkauf von Teilen{units}" if units else "den ganzen Einkauf",
        f"the purchase of pieces{units}" if units else "the whole purchase",
    )
    steps = []
    for tier in sorted(offer.tiers, key=lambda one: one.min_value_minor):
        least = money(tier.min_value_minor, language)
        begin = say(language, f"ab {least} ", f"from {least} on ") if tier.min_value_minor else ""
        steps.append(f"{begin}{less(tier.benefit, language)}")
    return say(language, f"Auf {base}: {'; '.join(steps)}.", f"On {base}: {'; '.join(steps)}.")


def _slots(slots: tuple[Slot, ...], language: str) -> str:
    return both(
        [pieces(slot.quantity, what(slot.on, language), language) for slot in slots], language
    )

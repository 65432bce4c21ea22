"""What somebody gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.read_back.words import money, percent, say
from pos_plugin.limits import MAX_BP
from pos_plugin.promotions.benefits import AmountOff, CustomerRate, FixedPrice, Percent

if TYPE_CHECKING:
    from pos_plugin.promotions.benefits import ReceiptBenefit, UnitBenefit


def less(benefit: Percent | AmountOff | CustomerRate, language: str) -> str:
    """Return a reduction.

    >>> less(Percent(type="percent", bp=2000), "de")
    '20 % Rabatt'
    """
    match benefit:
        case Percent(bp=bp):
            rate = percent(bp, language)
            return say(language, f"{rate} Rabatt", f"{rate} off")
        case AmountOff(minor=minor):
            amount = money(minor, language)
            return say(language, f"{amount} Rabatt", f"{amount} off")
        case CustomerRate(max_bp=max_bp):
            most = percent(max_bp, language)
            return say(
                language,
                f"der eigene Sofort-Rabatt des Kunden, höchstens {most}",
                f"the customer's own instant discount, at most {most}",
            )


def given(benefit: UnitBenefit, language: str) -> str:
    """Return how a piece is handed over: for nothing, cheaper, or at a price.

    >>> given(Percent(type="percent", bp=10_000), "de"), given(FixedPrice(type="fixed_price",
    ... minor=500), "en")
    ('geschenkt', 'for €5.00')
    """
    if isinstance(benefit, FixedPrice):
        price = money(benefit.minor, language)
        return say(language, f"für {price}", f"for {price}")
    if isinstance(benefit, Percent) and benefit.bp == MAX_BP:
        return say(language, "geschenkt", "for free")
    return f"{say(language, 'mit', 'with')} {less(benefit, language)}"


def each(benefit: UnitBenefit | ReceiptBenefit, language: str) -> str:
    """Return what every single piece gets.

    >>> each(AmountOff(type="amount_off", minor=500), "de")
    '5,00 € Rabatt je Teil'
    """
    if isinstance(benefit, FixedPrice):
        price = money(benefit.minor, language)
        return say(language, f"jedes Teil für {price}", f"every piece for {price}")
    if isinstance(benefit, AmountOff):
        return less(benefit, language) + say(language, " je Teil", " a piece")
    return less(benefit, language)

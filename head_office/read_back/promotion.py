"""A whole promotion in sentences: what it gives, when, to whom, where, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.read_back.conditions import statement
from head_office.read_back.earnings import earning
from head_office.read_back.offers import sentence
from head_office.read_back.times import period
from head_office.read_back.words import either, money, pieces, say
from pos_plugin.promotions.offers import QuantityTiers, UnitDiscount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pos_plugin.promotions.promotion import Promotion


def read_back(promotion: Promotion, language: str, units: Mapping[str, str]) -> list[str]:
    """Return the sentences, what it gives first.

    Nothing that changes a price is left out. Example: 20 % on trousers on Saturdays is
    "20 % Rabatt auf alle Teile aus Warengruppe hosen." and "Unbefristet, samstags."

    Args:
        promotion: checked.
        language: ``de`` or ``en``.
        units: of each account of the shop by code, ``POINTS`` or ``EUR_MINOR``.
    """
    gives = (
        earning(promotion.offer, units, language)
        if promotion.layer == "earn"
        else sentence(promotion.offer, language)
    )
    return [
        gives,
        period(promotion.validity, language),
        *_who(promotion, language),
        *_where(promotion, language),
        *_limits(promotion, language),
        *_beside(promotion, language),
    ]


def _who(promotion: Promotion, language: str) -> Iterator[str]:
    if promotion.layer == "earn" and not promotion.when:
        yield say(language, "Nur mit Kundenkarte.", "Only with the customer's card.")
    if promotion.when:
        held = say(language, "; und ", "; and ").join(
            statement(one, language) for one in promotion.when
        )
        yield say(language, f"Nur wenn: {held}.", f"Only if: {held}.")


def _where(promotion: Promotion, language: str) -> Iterator[str]:
    if promotion.scope.shops:
        names = either(promotion.scope.shops, language)
        yield say(language, f"Nur in Filiale {names}.", f"Only in shop {names}.")
    if promotion.scope.tills:
        names = either(promotion.scope.tills, language)
        yield say(language, f"Nur an Kasse {names}.", f"Only at till {names}.")


def _limits(promotion: Promotion, language: str) -> Iterator[str]:
    limits = promotion.limits
    if limits.per_receipt is not None:
        if isinstance(promotion.offer, UnitDiscount | QuantityTiers):
            most = pieces(limits.per_receipt, "", language)
        else:
            most = say(language, f"{limits.per_receipt}-mal", f"{limits.per_receipt} times")
        yield say(language, f"Je Bon höchstens {most}.", f"At most {most} a receipt.")
    if limits.per_customer is not None:
        number = limits.per_customer
        yield say(
            language,
            f"Je Kunde auf höchstens {number} {'Bon' if number == 1 else 'Bons'}, "
            "nur mit Kundenkarte.",
            f"On at most {number} {'receipt' if number == 1 else 'receipts'} a customer, "
            "only with the card.",
        )
    if limits.max_discount_minor is not None:
        most = money(limits.max_discount_minor, language)
        yield say(
            language,
            f"Zusammen höchstens {most} Rabatt je Bon.",
            f"At most {most} off a receipt altogether.",
        )


def _beside(promotion: Promotion, language: str) -> Iterator[str]:
    if promotion.exclusive == "units":
        yield say(
            language,
            "Diese Teile bekommen keinen Rabatt auf den ganzen Einkauf mehr.",
            "These pieces get no discount on the whole purchase any more.",
        )
    if promotion.exclusive == "receipt":
        yield say(
            language,
            "Gilt nie zusammen mit einer anderen Aktion, die den Preis senkt.",
            "Never holds together with another promotion that lowers the price.",
        )
    if promotion.announced_publicly:
        yield say(
            language,
            "Wird öffentlich beworben (30-Tage-Preis beachten).",
            "Is advertised (mind the lowest price of 30 days).",
        )
    if promotion.hint_within_minor is not None:
        most = money(promotion.hint_within_minor, language)
        yield say(
            language,
            f"Die Kasse weist darauf hin, wenn höchstens {most} fehlen.",
            f"The till says so when at most {most} are missing.",
        )

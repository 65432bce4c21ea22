"""How amounts and counts are written in a sentence: the one place that knows both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}
_MARKS: Final = {"de": (".", ","), "en": (",", ".")}  # thousands, decimals


def money(amount_minor: int, *, currency: str, language: str) -> str:
    """Return an amount as people write it.

    Args:
        amount_minor: in minor units (cents).
        currency: ISO code; those without a sign of their own are written out.
        language: ``de`` or ``en``.

    >>> money(702, currency="EUR", language="de"), money(702, currency="EUR", language="en")
    ('7,02 €', '€7.02')
    >>> money(-123456789, currency="CHF", language="de")
    '-1.234.567,89 CHF'
    """
    whole, minor = divmod(abs(amount_minor), 100)
    number = f"{count(whole, language=language)}{_MARKS[language][1]}{minor:02}"
    minus = "-" if amount_minor < 0 else ""
    sign = _SYMBOLS.get(currency)
    if language == "de":
        return f"{minus}{number} {sign or currency}"
    return f"{minus}{sign}{number}" if sign else f"{minus}{currency} {number}"


def count(number: int, *, language: str) -> str:
    """Return a whole number with the marks of its thousands.

    >>> count(1270, language="de"), count(-1270, language="en")
    ('1.270', '-1,270')
    """
    return f"{number:,}".replace(",", _MARKS[language][0])


def points(number: int, *, language: str) -> str:
    """Return a number of points as people write it.

    >>> points(1, language="de"), points(1270, language="en")
    ('1 Punkt', '1,270 points')
    """
    word = "Punkt" if language == "de" else "point"
    ending = "" if number == 1 else ("e" if language == "de" else "s")
    return f"{count(number, language=language)} {word}{ending}"


def left(quantity_milli: int, *, language: str) -> str:
    """Return how much of something is left, as people write it.

    Args:
        quantity_milli: in thousandths of a piece, a kilogram or a metre.
        language: ``de`` or ``en``.

    >>> left(2000, language="de"), left(1250, language="de"), left(0, language="de")
    ('noch 2', 'noch 1,25', 'nichts mehr')
    >>> left(500, language="en"), left(0, language="en")
    ('0.5 left', 'nothing left')
    """
    german = language == "de"
    if not quantity_milli:
        return "nichts mehr" if german else "nothing left"
    whole, rest = divmod(quantity_milli, 1000)
    part = f"{rest:03}".rstrip("0")
    number = f"{whole}{_MARKS[language][1]}{part}" if part else str(whole)
    return f"noch {number}" if german else f"{number} left"


def earned(amount: int, unit: str | None, *, account: str, currency: str, language: str) -> str:
    """Return what an account gets as a line for the customer.

    Args:
        amount: points, or minor units (cents) of bonus money.
        unit: ``POINTS`` or ``EUR_MINOR``; None where the programme is not known here.
        account: code of the programme, said only where its unit is not known.
        currency: of the sale.
        language: ``de`` or ``en``.

    >>> earned(1, "POINTS", account="points", currency="EUR", language="de")
    '1 Punkt gesammelt'
    >>> earned(127, "EUR_MINOR", account="bonus", currency="EUR", language="en")
    '€1.27 bonus credited'
    """
    german = language == "de"
    if unit == "POINTS":
        return f"{points(amount, language=language)} {'gesammelt' if german else 'earned'}"
    if unit == "EUR_MINOR":
        bonus = money(amount, currency=currency, language=language)
        return f"{bonus} Bonus gutgeschrieben" if german else f"{bonus} bonus credited"
    return f"{account}: +{count(amount, language=language)}"


def day(on: str, *, language: str) -> str:
    """Return a shop day, given as ISO 8601, as people write it.

    >>> day("2026-04-06", language="de"), day("2026-04-06", language="en")
    ('06.04.2026', '2026-04-06')
    """
    return f"{on[8:]}.{on[5:7]}.{on[:4]}" if language == "de" else on


def voucher(benefit: str, valid_to_on: str, *, language: str) -> str:
    """Return what the customer gets with an issued voucher.

    >>> voucher("5 € Rabatt", "2026-04-06", language="de")
    'Gutschein „5 € Rabatt“, gültig bis 06.04.2026'
    """
    until = day(valid_to_on, language=language)
    if language == "de":
        return f"Gutschein „{benefit}“, gültig bis {until}"
    return f"Voucher “{benefit}”, valid until {until}"


def saved(discount_minor: int, *, currency: str, language: str) -> str:
    """Return the line of the receipt that says what the customer saved.

    >>> saved(3200, currency="EUR", language="de")
    'Sie sparen 32,00 €'
    """
    amount = money(discount_minor, currency=currency, language=language)
    return f"Sie sparen {amount}" if language == "de" else f"You save {amount}"


def gift(label: str, *, need_quantity: int, saving_minor: int, currency: str, language: str) -> str:
    """Return which pieces the customer may take at no further cost.

    Args:
        label: the promotion in the shop's language.
        need_quantity: pieces that are given.
        saving_minor: what they would cost, in minor units (cents).
        currency: of the sale.
        language: ``de`` or ``en``.

    >>> gift("Krawatte zum Hemd", need_quantity=1, saving_minor=2000, currency="EUR", language="de")
    'Gratis dazu: 1 Teil, „Krawatte zum Hemd“ (spart 20,00 €)'
    >>> gift("2 free", need_quantity=2, saving_minor=2000, currency="EUR", language="en")
    'Free with it: 2 items, “2 free” (saves €20.00)'
    """
    saving = money(saving_minor, currency=currency, language=language)
    pieces = count(need_quantity, language=language)
    if language == "de":
        what = "Teil" if need_quantity == 1 else "Teile"
        return f"Gratis dazu: {pieces} {what}, „{label}“ (spart {saving})"
    what = "item" if need_quantity == 1 else "items"
    return f"Free with it: {pieces} {what}, “{label}” (saves {saving})"


def near_miss(
    label: str,
    *,
    need_minor: int | None,
    need_quantity: int | None,
    saving_minor: int,
    currency: str,
    language: str,
) -> str:
    """Return how little is missing to a promotion, and what it would save.

    Args:
        label: the promotion in the shop's language.
        need_minor: what is missing in minor units (cents), or None.
        need_quantity: pieces that are missing, where ``need_minor`` is None.
        saving_minor: what the promotion then saves, in minor units (cents).
        currency: of the sale.
        language: ``de`` or ``en``.

    >>> near_miss("10 € ab 200 €", need_minor=702, need_quantity=None, saving_minor=1000,
    ...           currency="EUR", language="de")
    'Noch 7,02 € bis „10 € ab 200 €“ (spart 10,00 €)'
    >>> near_miss("3 for 2", need_minor=None, need_quantity=1, saving_minor=4000,
    ...           currency="EUR", language="en")
    '1 more item for “3 for 2” (saves €40.00)'
    """
    saving = money(saving_minor, currency=currency, language=language)
    if need_minor is not None:
        need = money(need_minor, currency=currency, language=language)
        more = need
    else:
        pieces = need_quantity or 0
        need = f"{count(pieces, language=language)} {'Teil' if pieces == 1 else 'Teile'}"
        more = f"{count(pieces, language=language)} more {'item' if pieces == 1 else 'items'}"
    if language == "de":
        return f"Noch {need} bis „{label}“ (spart {saving})"
    if need_minor is not None:
        more += " more"
    return f"{more} for “{label}” (saves {saving})"


def card_without_owner(code: str, *, language: str) -> str:
    """Return what the screen calls a member whose card nobody knows here yet.

    >>> card_without_owner("2900000123458", language="de")
    'Karte …3458'
    """
    return f"{'Karte' if language == 'de' else 'Card'} …{code[-4:]}"


_PAPERS: Final = {
    "voucher": ("Gutschein", "voucher"),
    "coupon": ("Coupon", "coupon"),
    "approval": ("Auswahlbeleg", "approval slip"),
    "statement": ("Kontoauszug", "account statement"),
    "test_page": ("Probedruck", "test page"),
}
_CAUSES: Final = {
    "paper_out": ("Papier leer", "out of paper"),
    "cover_open": ("Deckel offen", "cover open"),
    "printer_error": ("Drucker meldet eine Störung", "printer reports a fault"),
    "stalled": ("bitte nachsehen", "please look"),
}
_AWAY: Final = ("Drucker nicht erreichbar", "printer cannot be reached")
_STILL: Final = {
    "voucher": ("Der Code auf dem Bildschirm gilt.", "The code on the screen is valid."),
    "coupon": ("Der Code auf dem Bildschirm gilt.", "The code on the screen is valid."),
    "approval": ("Die Ware ist gebucht.", "The goods are booked."),
}
_NOTHING_LOST: Final = ("Am Konto ändert das nichts.", "Nothing changes in the account.")
_GIVEN_UP: Final = {
    "voucher_redeemed": ("Der Gutschein ist schon eingelöst.", "The voucher is redeemed already."),
    "voucher_expired": ("Der Gutschein ist abgelaufen.", "The voucher has expired."),
    "customer_erased": ("Der Kunde wurde gelöscht.", "The customer was erased."),
}
_STAYS_VALID: Final = ("Der Gutschein selbst gilt weiter.", "The voucher itself stays valid.")


def paper(params: Mapping[str, Any], *, language: str) -> dict[str, str]:
    """Return the words about a printed paper that sentences are made of.

    Args:
        params: ``paper``: kind of its document; perhaps ``seconds`` it takes, ``waits_for``: what
            its printer waits for, ``given_up``: why it is not printed.
        language: ``de`` or ``en``.

    >>> words = paper({"paper": "approval", "seconds": 8}, language="de")
    >>> words["Paper"] + words["about"]
    'Auswahlbeleg (etwa 8 s)'
    """
    which = int(language == "en")
    kind = params["paper"]
    name = _PAPERS[kind][which]
    seconds = params.get("seconds", 0)
    about = ("etwa", "about")[which]
    still = _STILL.get(kind, _NOTHING_LOST)
    stays = _STAYS_VALID if kind in ("voucher", "coupon") else still
    return {
        "paper": name,
        "Paper": name[0].upper() + name[1:],
        "about": f" ({about} {seconds} s)" if seconds else "",
        "cause": _CAUSES.get(params.get("waits_for", ""), _AWAY)[which],
        "still": still[which],
        "given_up": _GIVEN_UP.get(params.get("given_up", ""), stays)[which],
    }

"""What fills the paper of a customer's accounts (Kontoauszug)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin import wording
from pos_plugin.loyalty.voucher_document import shop_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

ENTRIES_PRINTED: Final = 20
LISTED_MAX: Final = 20
"""Open vouchers, and what expires next: the rest is on the screen."""

_PROTECTED_BLANK: Final = "\u00a0"
_NAMES: Final = {
    "points": {"de": "Punkte", "en": "Points"},
    "bonus": {"de": "Bonus", "en": "Bonus"},
}
_UNKNOWN: Final = {"de": "unbekannt", "en": "unknown"}
_KINDS: Final = {
    "earn": {"de": "Gesammelt", "en": "Earned"},
    "redeem": {"de": "Eingelöst", "en": "Redeemed"},
    "payout": {"de": "Ausgezahlt", "en": "Paid out"},
    "expire": {"de": "Verfallen", "en": "Expired"},
    "reverse": {"de": "Rücknahme", "en": "Taken back"},
    "restore": {"de": "Gutgeschrieben", "en": "Given back"},
    "adjust": {"de": "Korrektur", "en": "Correction"},
    "transfer": {"de": "Übertragen", "en": "Transferred"},
}


def statement_values(
    accounts: Sequence[Mapping[str, Any]],
    *,
    holder: str,
    number: str | None,
    vouchers: Sequence[Mapping[str, str]],
    now: dt.datetime,
    is_offline: bool,
    shop: str,
    language: str,
    currency: str,
) -> dict[str, Any]:
    """Return the values of an account statement by the names of its catalogue.

    Args:
        accounts: as ``plugin.accounts.statement`` returns them.
        holder: name of the customer.
        number: of the customer; None where it has none.
        vouchers: what can be redeemed, each with ``benefit`` and ``valid_to_on``.
        now: instant of the paper, with the shop's offset.
        is_offline: entries of other shops may be missing.
        shop: number of the shop.
        language: ``de`` or ``en``.
        currency: of the shop.
    """

    def amount(unit: str, value: int) -> str:
        if unit == "EUR_MINOR":
            said = wording.money(value, currency=currency, language=language)
            return said.replace(" ", _PROTECTED_BLANK)
        return wording.count(value, language=language)

    entries = sorted(
        ((one, account["unit"]) for account in accounts for one in account["entries"]),
        key=lambda pair: str(pair[0]["at"]),
        reverse=True,
    )
    expiring = sorted(
        (account["expires_on"], _what(amount, account, language))
        for account in accounts
        if account["expires_on"] and account["expiring"] > 0
    )
    return {
        "issuer": shop_name(shop, language),
        "shop": shop,
        "customer.name": holder,
        "customer.number": number or None,
        "as_of": now.isoformat(timespec="minutes")[:16],
        "offline": is_offline,
        "has_expiring": bool(expiring),
        "has_vouchers": bool(vouchers),
        "accounts": [
            {
                "name": _name(account["program"], language),
                "balance": _UNKNOWN[language]
                if account["unknown"]
                else amount(account["unit"], account["value"]),
            }
            for account in accounts
        ],
        "entries": [
            {
                "on": str(one["at"])[:10],
                "text": _KINDS[one["kind"]][language] if one["kind"] in _KINDS else one["kind"],
                "amount": f"{'+' if one['delta'] > 0 else ''}{amount(unit, one['delta'])}",
            }
            for one, unit in entries[:ENTRIES_PRINTED]
        ],
        "expiring": [{"on": on, "text": text} for on, text in expiring[:LISTED_MAX]],
        "vouchers": [
            {"benefit": one["benefit"], "valid_to": one["valid_to_on"]}
            for one in vouchers[:LISTED_MAX]
        ],
    }


def _name(program: str, language: str) -> str:
    return _NAMES[program][language] if program in _NAMES else program


def _what(amount: Any, account: Mapping[str, Any], language: str) -> str:  # noqa: ANN401 - local
    said = amount(account["unit"], account["expiring"])
    return f"{said} {_name(account['program'], language)}"

"""Which columns each kind of file has, what they are called, and how their cells are read.

A column that a file does not have leaves what is known as it is; an empty cell clears it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sync_agent.imports.values import (
    as_bp,
    as_day,
    as_minor,
    as_number,
    as_text,
    as_whole,
    as_words,
    as_yes,
    one_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STATUS: Final = {
    "active": "active",
    "aktiv": "active",
    "blocked": "blocked",
    "gesperrt": "blocked",
    "merged": "merged",
    "erased": "erased",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name in our rows.

    Args:
        name: of the column, in the file and in the documentation.
        field: of the row it fills.
        read: cell to value.
        aliases: other names, as `simple` writes them.
        empty: what an empty cell means.
    """

    name: str
    field: str
    read: Callable[[str], Any]
    aliases: tuple[str, ...] = ()
    empty: Any = None


def simple(header: str) -> str:
    """Return a header as it is compared: small, without blanks, signs and umlauts.

    >>> simple(" Artikel-Nr. "), simple("Verkaufspreis (€)"), simple("Größe")
    ('artikelnr', 'verkaufspreis', 'groesse')
    """
    small = header.strip().casefold()
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        small = small.replace(letter, two)
    return re.sub("[^a-z0-9]", "", small)


def _column(
    name: str,
    read: Callable[[str], Any],
    *aliases: str,
    field: str = "",
    empty: str | int | list[str] | None = None,
) -> Column:
    return Column(name, field or name, read, aliases, empty)


ARTICLES: Final = (
    _column(
        "sku", as_number, "artikelnummer", "artikelnr", "artnr", "ean", "gtin", "plu", "article",
    ),
    _column("name", as_text, "bezeichnung", "artikelbezeichnung", "description"),
    _column("unit_price_minor", as_whole, "preiscent"),
    _column(
        "price", as_minor, "preis", "vk", "vkpreis", "verkaufspreis", "unitprice",
        field="unit_price_minor",
    ),
    _column("purchase_price_minor", as_whole, "ekcent"),
    _column(
        "purchase_price", as_minor, "ek", "ekpreis", "eknetto", "einkaufspreis",
        "einkaufspreisnetto", "nettoeinkaufspreis", field="purchase_price_minor",
    ),
    _column("purchase_price_since_on", as_day, "ekab", "ekgueltigab", "einkaufspreisab"),
    _column("vat_rate_bp", as_whole),
    _column(
        "vat_rate", as_bp, "mwst", "mwstsatz", "ust", "ustsatz", "steuersatz", "vat",
        field="vat_rate_bp",
    ),
    _column("categories", as_words, "warengruppe", "warengruppen", "kategorie", empty=[]),
    _column("brand", as_text, "marke", "label", "hersteller"),
    _column("season", as_text, "saison"),
    _column("tags", as_words, "merkmale", "groesse", "size", empty=[]),
    _column("markdown", as_yes, "reduziert", "reduced", empty=False),
    _column("discountable", as_yes, "rabattfaehig", "rabattierbar", empty=True),
)  # fmt: skip

CUSTOMERS: Final = (
    _column("id", as_number, "kundenid", "externeid", "customerid", "externalid"),
    _column("number", as_number, "nummer", "kundennummer", "kundennr", "kdnr", "customernumber"),
    _column("name", as_text, "kundenname", "fullname"),
    _column("first_name", as_text, "vorname", "firstname"),
    _column("last_name", as_text, "nachname", "surname"),
    _column("company", as_text, "firma"),
    _column("home_shop", as_text, "stammfiliale", "filiale", "shop"),
    _column("birthday_on", as_day, "geburtstag", "geburtsdatum", "birthday", "dateofbirth"),
    _column("status", one_of(_STATUS), empty="active"),
    _column("instant_discount_bp", as_whole, empty=0),
    _column(
        "instant_discount", as_bp, "sofortrabatt", "rabatt", "discount",
        field="instant_discount_bp", empty=0,
    ),
    _column("discount_group", as_text, "rabattgruppe"),
    _column("tier", as_text, "kundenstatus"),
    _column("limit_left_minor", as_whole),
    _column("limit", as_minor, "kreditlimit", "limitrest", field="limit_left_minor"),
    _column("segments", as_words, "gruppen", "kundengruppen", "groups", empty=[]),
    _column("phone", as_text, "telefon", "telefonnummer", "mobil", "handy", "tel"),
    _column("email", as_text, "mail", "emailadresse"),
    _column("card", as_number, "karte", "kartennummer", "kundenkarte", "cardnumber"),
)  # fmt: skip

SEGMENTS: Final = (
    _column("customer", as_number, "kunde", "kundenid", "kundennummer", "kundennr", "customerid"),
    _column("segment", as_text, "gruppe", "kundengruppe", "zielgruppe", "group"),
)

VOUCHERS: Final = (
    _column("code", as_number, "gutscheincode", "gutscheinnummer", "barcode"),
    _column("type", as_text, "gutscheinart", "art", "vouchertype"),
    _column("customer", as_number, "kunde", "kundenid", "kundennummer", "customerid"),
    _column("value_minor", as_whole),
    _column("value", as_minor, "wert", "betrag", "guthaben", field="value_minor"),
    _column("valid_from_on", as_day, "gueltigab", "validfrom"),
    _column("valid_to_on", as_day, "gueltigbis", "validto", "ablauf"),
)

COVERS: Final = (
    _column("picture", as_text, "bild", "bilddatei", "file", "datei"),
    _column("title", as_text, "titel", "film"),
    _column("start_on", as_day, "start", "starttag", "verleihstart", "ab", "releaseon"),
    _column("price_minor", as_whole),
    _column("price", as_minor, "preis", "leihpreis", field="price_minor"),
)

COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "articles": ARTICLES,
    "customers": CUSTOMERS,
    "segments": SEGMENTS,
    "vouchers": VOUCHERS,
    "covers": COVERS,
}

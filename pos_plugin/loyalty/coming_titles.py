"""Titles that come soon, as a voucher shows them to bring its customer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLES_MAX: Final = 4
_WORDS: Final = {
    "de": {"head": "Demnächst bei uns", "from": "ab {day}"},
    "en": {"head": "Coming soon", "from": "from {day}"},
}


class ComingTitle(NamedTuple):
    """A title; ``picture`` is the SHA-256 of a PBM file, the price in minor units (cents)."""

    title: str
    start_on: str
    price_minor: int | None = None
    picture: str | None = None


def covers_blocks(
    titles: Sequence[ComingTitle], *, with_info: bool, currency: str, language: str
) -> list[dict[str, Any]]:
    """Return the blocks of a document that show the titles; nothing without any.

    Args:
        titles: in their order; what is more than four is left out.
        with_info: say when it starts and what it costs.
        currency: of the prices.
        language: ``de`` or ``en``.
    """
    if not titles:
        return []
    words = _WORDS[language]
    items: list[dict[str, Any]] = []
    for one in titles[:TITLES_MAX]:
        item: dict[str, Any] = {"title": one.title}
        if with_info:
            said = [words["from"].format(day=wording.day(one.start_on, language=language))]
            if one.price_minor is not None:
                said.append(wording.money(one.price_minor, currency=currency, language=language))
            item["info"] = ", ".join(said)
        if one.picture is not None:
            item["asset"] = one.picture
        items.append(item)
    return [
        {"type": "feed", "rows": 16},
        {"type": "text", "value": words["head"], "align": "center", "bold": True, "inverse": True},
        {"type": "feed", "rows": 8},
        {"type": "covers", "items": items},
    ]

"""Which pieces a selector means; the phrase follows the word "pieces"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.read_back.words import both, either, money, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.selector import Match, Selector


def what(selector: Selector, language: str) -> str:
    """Return the phrase, with a blank before it; empty where every piece is meant.

    >>> from pos_plugin.promotions.selector import Selector
    >>> trousers = Selector.model_validate(
    ...     {"any_of": [{"categories": ["hosen"]}], "none_of": [{"brands": ["Basic"]}]}
    ... )
    >>> what(trousers, "de")
    ' aus Warengruppe hosen (ausgenommen: von Basic)'
    """
    meant = [_meant(one, language) for one in selector.any_of]
    phrase = "" if not all(meant) else say(language, "; oder ", "; or ").join(meant)
    excluded = [
        ", ".join((*_words(one, language), *_prices(one, language))) for one in selector.none_of
    ]
    if excluded:
        left_out = "; ".join(one or say(language, "alle Teile", "every piece") for one in excluded)
        phrase += say(language, f" (ausgenommen: {left_out})", f" (except: {left_out})")
    return phrase if not phrase or phrase.startswith(" ") else f" {phrase}"


def _meant(match: Match, language: str) -> str:
    """Prices in brackets: the sentence goes on, and a clause would want its second comma."""
    words = ", ".join(_words(match, language))
    prices = ", ".join(_prices(match, language))
    return f"{words} ({prices})".strip() if prices else words


def _words(match: Match, language: str) -> Iterator[str]:
    german = language == "de"
    if match.categories:
        names = either(match.categories, language)
        yield f"aus Warengruppe {names}" if german else f"of product group {names}"
    if match.brands:
        yield f"{'von' if german else 'by'} {either(match.brands, language)}"
    if match.seasons:
        names = either(match.seasons, language)
        yield f"der Saison {names}" if german else f"of season {names}"
    if match.tags:
        names = either(match.tags, language)
        yield f"mit Merkmal {names}" if german else f"tagged {names}"
    if match.tags_all:
        names = both(match.tags_all, language)
        yield f"mit den Merkmalen {names}" if german else f"tagged {names} together"
    if match.skus:
        names = either(match.skus, language)
        yield f"mit Artikelnummer {names}" if german else f"with article number {names}"


def _prices(match: Match, language: str) -> Iterator[str]:
    german = language == "de"
    if match.price_min_minor is not None:
        least = money(match.price_min_minor, language)
        yield f"Preis mindestens {least}" if german else f"price at least {least}"
    if match.price_max_minor is not None:
        most = money(match.price_max_minor, language)
        yield f"Preis höchstens {most}" if german else f"price at most {most}"
    if match.price_state == "full_price":
        yield "nicht schon reduziert" if german else "not marked down"
    if match.price_state == "markdown":
        yield "schon reduziert" if german else "marked down"

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
    meant = [_match(one, language) for one in selector.any_of]
    phrase = "" if not all(meant) else say(language, "; oder ", "; or ").join(meant)
    excluded = [_match(one, language) for one in selector.none_of]
    if excluded:
        left_out = "; ".join(one or say(language, "alle Teile", "every piece") for one in excluded)
        phrase += say(language, f" (ausgenommen: {left_out})", f" (except: {left_out})")
    return phrase if not phrase or phrase.startswith(" ") else f" {phrase}"


def _match(match: Match, language: str) -> str:
    return ", ".join(_parts(match, language))


def _parts(match: Match, language: str) -> Iterator[str]:
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
    if match.price_min_minor is not None:
        least = money(match.price_min_minor, language)
        yield f"die mindestens {least} kosten" if german else f"that cost at least {least}"
    if match.price_max_minor is not None:
        most = money(match.price_max_minor, language)
        yield f"die höchstens {most} kosten" if german else f"that cost at most {most}"
    if match.price_state == "full_price":
        yield "die nicht schon reduziert sind" if german else "that are not marked down"
    if match.price_state == "markdown":
        yield "die schon reduziert sind" if german else "that are marked down"

"""What lint found, in plain German and English, and the basket that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from head_office.read_back.words import both, money, percent
from pos_plugin import wording
from pos_plugin.promotions.lint.finding import FindingCode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.promotions.generation import RuleGeneration

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    FindingCode.VALIDITY_EMPTY: (
        "{first} endet, bevor sie beginnt: Sie gilt nie.",
        "{first} ends before it begins: it is never valid.",
    ),
    FindingCode.WINDOW_NEVER_OPENS: (
        "{first}: Keine der Uhrzeiten oder Wochentage liegt im Zeitraum. Sie gilt nie.",
        "{first}: none of its hours or weekdays lies in its period. It is never valid.",
    ),
    FindingCode.ALREADY_ENDED: ("{first} ist schon zu Ende.", "{first} has ended already."),
    FindingCode.CONDITIONS_CONTRADICT: (
        "{first}: Die Bedingungen widersprechen sich. Sie gilt nie.",
        "{first}: its conditions contradict each other. It never holds.",
    ),
    FindingCode.SELECTOR_EXCLUDES_ALL: (
        "{first}: Was gemeint ist, ist zugleich ausgenommen. Kein Teil bleibt übrig.",
        "{first}: what is meant is left out at the same time. No piece remains.",
    ),
    FindingCode.NO_ARTICLE: (
        "{first}: Kein Artikel Ihres Sortiments passt. Ist die Warengruppe richtig geschrieben?",
        "{first}: no article of your shop fits. Is the product group spelt right?",
    ),
    FindingCode.WORD_WITHOUT_ARTICLE: (
        (
            "{first}: Zu {words} der genannten Warengruppen, Marken, Nummern oder Merkmale gibt es "
            "keinen Artikel. Ist alles richtig geschrieben, auch groß und klein?"
        ),
        (
            "{first}: {words} of the product groups, brands, numbers or tags it names fit no "
            "article. Is all of it spelt right, capitals too?"
        ),
    ),
    FindingCode.ONLY_PRICE_BOUND: (
        "{first}: Alle passenden Artikel sind preisgebunden und werden nie reduziert.",
        "{first}: every article that fits is price-bound and never reduced.",
    ),
    FindingCode.NEVER_SAVES: (
        "{first} spart nie etwas.",
        "{first} never saves anything.",
    ),
    FindingCode.TIER_NEVER_USED: (
        (
            "{first}: Die Stufe ab {tier_min_value_minor} gibt nicht mehr als die ab "
            "{better_tier_min_value_minor}. Sie wird nie benutzt."
        ),
        (
            "{first}: the step from {tier_min_value_minor} gives no more than that from "
            "{better_tier_min_value_minor}. It is never used."
        ),
    ),
    FindingCode.NEVER_APPLIED: (
        "{first} kam bei keinem von {sales} Probe-Einkäufen zum Zug, auch nicht allein.",
        "{first} applied to none of {sales} trial purchases, not even alone.",
    ),
    FindingCode.SHADOWED: (
        "{first} kommt nie zum Zug: {others} gibt immer mindestens so viel.",
        "{first} never applies: {others} always gives at least as much.",
    ),
    FindingCode.OVERLAP: (
        (
            "{first} und {others} gelten für dieselben Teile. Jedes Teil bekommt nur eine davon; "
            "die Kasse nimmt, was für den Kunden am günstigsten ist."
        ),
        (
            "{first} and {others} are for the same pieces. Each piece gets one of them only; the "
            "till takes what is cheapest for the customer."
        ),
    ),
    FindingCode.TIER_CLIFF: (
        (
            "{first}: Kurz vor der Schwelle zahlt der Kunde {pays_below_minor}; mit einem Teil "
            "mehr nur {pays_above_minor}, also {drop_minor} weniger."
        ),
        (
            "{first}: just below the threshold the customer pays {pays_below_minor}; with one "
            "piece more only {pays_above_minor}, {drop_minor} less."
        ),
    ),
    FindingCode.LOSS_CLIFF: (
        "{first}: Mit einem Teil mehr gehen {lost_minor} Rabatt verloren.",
        "{first}: one piece more loses {lost_minor} of discount.",
    ),
    FindingCode.COMBINED_REDUCTION: (
        (
            "{all} senken zusammen den Preis eines Teils um {reduction_bp}: von {gross_minor} auf "
            "{paid_minor}. Ihre Grenze ist {max_combined_bp}."
        ),
        (
            "{all} together lower the price of a piece by {reduction_bp}: from {gross_minor} to "
            "{paid_minor}. Your limit is {max_combined_bp}."
        ),
    ),
    FindingCode.SEARCH_EFFORT: (
        "Den besten Preis zu finden dauert höchstens {steps} Rechenschritte.",
        "Finding the best price takes at most {steps} steps of computation.",
    ),
    FindingCode.PRICE_BOUND: (
        "{first}: Einige passende Artikel sind preisgebunden und behalten ihren Preis.",
        "{first}: some articles that fit are price-bound and keep their price.",
    ),
    FindingCode.LABEL_DE_MISSING: (
        "{first} hat keinen deutschen Text: Auf dem Bon steht nur „Rabatt“.",
        "{first} has no German text: the receipt says only “Rabatt”.",
    ),
    FindingCode.LABEL_EN_MISSING: (
        "{first} hat keinen englischen Text.",
        "{first} has no English text.",
    ),
    FindingCode.LABEL_NAMES_GROUP: (
        (
            "{first}: Der Text nennt die Kundengruppe. Wer den Bon sieht, erfährt, wie der Laden "
            "den Kunden einstuft."
        ),
        (
            "{first}: its text names the group of customers. Whoever sees the receipt learns what "
            "the shop thinks of the customer."
        ),
    ),
    FindingCode.REFERENCE_PRICE_MISSING: (
        (
            "{first} wird beworben, aber nicht von allen Artikeln ist der niedrigste Preis der "
            "letzten 30 Tage bekannt."
        ),
        (
            "{first} is advertised, but the lowest price of the last 30 days is not known of every "
            "article."
        ),
    ),
    FindingCode.REFERENCE_PRICE_NOT_UNDERCUT: (
        (
            "{first} wird beworben, aber ein Artikel kostet damit {paid_minor}: nicht weniger als "
            "sein niedrigster Preis der letzten 30 Tage, {reference_price_30d_minor}."
        ),
        (
            "{first} is advertised, but an article still costs {paid_minor}: no less than its "
            "lowest price of the last 30 days, {reference_price_30d_minor}."
        ),
    ),
    FindingCode.NOT_OVER_MISSING_FACT: (
        "{first}: Die Bedingung mit „nicht“ gilt auch für Kunden, von denen man es nicht weiß.",
        "{first}: its condition with “not” also holds for customers of whom it is not known.",
    ),
}


class Bought(NamedTuple):
    """A line of a basket: pieces, what they are, what they cost and what is paid."""

    quantity_milli: int
    what: str
    gross_minor: int
    paid_minor: int


class Basket(NamedTuple):
    """A sale that shows a finding, as the till would price it."""

    lines: list[Bought]
    gross_minor: int
    total_minor: int
    applied: list[str]


class Said(NamedTuple):
    """A finding in words; ``severity`` as lint says it."""

    code: str
    severity: str
    text: str
    baskets: list[Basket]


def said(finding: Mapping[str, Any], rules: RuleGeneration, language: str) -> Said:
    """Return a finding of lint's JSON in words.

    Args:
        finding: an entry of ``findings``.
        rules: the promotions that were looked at; they price the basket.
        language: ``de`` or ``en``.
    """
    code = finding["code"]
    names = labels(rules, language)
    named = [_quoted(names.get(one, one), language) for one in finding["promotions"]]
    figures = {name: _figure(name, value, language) for name, value in finding["figures"].items()}
    text = _TEXTS[code][language == "en"].format_map(
        {
            "first": named[0] if named else "",
            "others": both(named[1:], language),
            "all": both(named, language),
            **figures,
        }
    )
    sales = [one for one in (finding["example"], finding.get("beside")) if one]
    return Said(code, finding["severity"], text, [basket(one, rules, language) for one in sales])


def basket(sale: Mapping[str, Any], rules: RuleGeneration, language: str) -> Basket:
    """Return a sale with its prices under the rules."""
    result = rules.evaluate(dict(sale))
    names = labels(rules, language)
    lines = [
        Bought(
            quantity_milli=line["quantity_milli"],
            what=_what(line),
            gross_minor=priced.gross_minor,
            paid_minor=priced.paid_minor,
        )
        for line, priced in zip(sale["lines"], result.lines, strict=True)
    ]
    return Basket(
        lines=lines,
        gross_minor=result.gross_minor,
        total_minor=result.total_minor,
        applied=[names.get(one.promotion, one.promotion) for one in result.promotions],
    )


def labels(rules: RuleGeneration, language: str) -> dict[str, str]:
    """Return what each promotion is called, by id."""
    return {
        one.id: (one.label.get("en") if language == "en" else None) or one.label.get("de") or one.id
        for one in rules.promotions
    }


def _what(line: Mapping[str, Any]) -> str:
    """Made-up articles have no number worth reading; their groups say what they are."""
    known = [] if line["sku"].startswith("LINT") else [line["sku"]]
    known += [*line.get("categories", ()), line.get("brand") or ""]
    return " ".join(one for one in known if one) or "…"


def _figure(name: str, value: int, language: str) -> str:
    if name.endswith("_minor"):
        return money(value, language)
    if name.endswith("_bp"):
        return percent(value, language)
    return wording.count(value, language=language)


def _quoted(name: str, language: str) -> str:
    return f"„{name}“" if language == "de" else f"“{name}”"


def codes() -> Sequence[str]:
    """Return every code that has words."""
    return list(_TEXTS)

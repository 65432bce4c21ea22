"""Bounds of classes as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from head_office.read_back.words import money, percent, say

if TYPE_CHECKING:
    from pos_plugin.loyalty.class_scheme import ClassBounds, ClassScheme, Window

_METRICS: Final = {
    "rentals": ("Ausleihen", "rentals"),
    "visits": ("Besuche", "visits"),
    "turnover": ("Umsatz", "turnover"),
    "margin": ("Rohertrag", "margin"),
}


def counted(scheme: ClassScheme, language: str) -> str:
    """Return what is counted, and over which time."""
    what = say(language, " und ", " and ").join(
        say(language, *_METRICS[metric]) for metric in scheme.metrics
    )
    return f"{what}, {_window(scheme.window, language)}"


def bounds(one: ClassBounds, scheme: ClassScheme, language: str) -> str:
    """Return what it takes to be in a class."""
    if scheme.method == "share":
        return say(
            language,
            f"die Besten bis {percent(one.share_to_bp or 10_000, language)} des Ganzen",
            f"the best up to {percent(one.share_to_bp or 10_000, language)} of the whole",
        )
    said = [_count(one, metric, language) for metric in scheme.metrics if _is_count(metric)]
    said += [_amount(one, metric, language) for metric in scheme.metrics if not _is_count(metric)]
    joins = {
        "all": say(language, " und ", " and "),
        "any": say(language, " oder ", " or "),
        "matrix": ", ",
    }
    return joins[scheme.combine].join(said)


def cells(scheme: ClassScheme, language: str) -> list[str]:
    """Return what the cells of a matrix say."""
    names = [say(language, *_METRICS[metric]) for metric in scheme.metrics]
    if len(names) < 2:
        return []
    if not _is_count(scheme.metrics[0]):
        names.reverse()
    return [
        f"{names[0]} {cell.count} + {names[1]} {cell.turnover} = {cell.result}"
        for cell in scheme.cells
    ]


def _is_count(metric: str) -> bool:
    return metric in ("rentals", "visits")


def _count(one: ClassBounds, metric: str, language: str) -> str:
    name = say(language, *_METRICS[metric])
    low, high = one.count_min, one.count_max
    if low is None and high is None:
        return say(language, f"beliebig viele {name}", f"any number of {name}")
    if low is not None and high is not None:
        return say(language, f"{low} bis {high} {name}", f"{low} to {high} {name}")
    if low is not None:
        return say(language, f"ab {low} {name}", f"from {low} {name} on")
    return say(language, f"bis {high} {name}", f"up to {high} {name}")


def _amount(one: ClassBounds, metric: str, language: str) -> str:
    name = say(language, *_METRICS[metric])
    low, high = (
        None if minor is None else money(minor, language)
        for minor in (one.turnover_min_minor, one.turnover_max_minor)
    )
    if low is None and high is None:
        return say(language, f"jeder {name}", f"any {name}")
    if low is not None and high is not None:
        return say(language, f"{name} ab {low}, unter {high}", f"{name} from {low}, below {high}")
    if low is not None:
        return say(language, f"{name} ab {low}", f"{name} from {low} on")
    return say(language, f"{name} unter {high}", f"{name} below {high}")


def _window(window: Window, language: str) -> str:
    if window.kind == "rolling_days":
        return say(language, f"letzte {window.days} Tage", f"last {window.days} days")
    if window.kind == "months":
        return say(language, f"letzte {window.months} Monate", f"last {window.months} months")
    return say(language, "seit dem 1. Januar", "since 1 January")

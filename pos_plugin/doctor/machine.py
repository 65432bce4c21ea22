"""The machine: its clock, its libraries, the form of the core."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

import native
from pos_plugin.doctor.finding import Words
from pos_plugin.version import __version__

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pos_plugin.doctor.finding import Finding

TEXTS: Final = {
    "clock_good": {"de": "{at}", "en": "{at}"},
    "clock_utc": {
        "de": "{at}. Die Zeitzone ist UTC: Der Ladentag wechselt dann nicht um Mitternacht. "
        "Zeitzone stellen: timedatectl set-timezone Europe/Berlin",
        "en": "{at}. The time zone is UTC: shop days then do not change at midnight. Set it: "
        "timedatectl set-timezone Europe/Berlin",
    },
    "clock_back": {
        "de": "{at}, aber die Kasse hat schon am {known} gearbeitet: Datum und Zeit stellen.",
        "en": "{at}, but the till has worked at {known} already: set date and time.",
    },
    "versions_good": {
        "de": "stammkunde {own}, Python {python}",
        "en": "stammkunde {own}, Python {python}",
    },
    "core_compiled": {"de": "Kompiliert.", "en": "Compiled."},
    "core_plain": {
        "de": "Nicht kompiliert: gleiche Preise, nur langsamer. Ein Paket mit kompiliertem Kern "
        "nehmen.",
        "en": "Not compiled: the same prices, only slower. Take a package with a compiled core.",
    },
}
WORDS: Final = Words(TEXTS)


def machine_findings(*, at: dt.datetime, known_at: dt.datetime | None) -> Iterator[Finding]:
    """Yield how clock and libraries are.

    Args:
        at: now, with the shop's offset.
        known_at: an instant that is certainly over, from the till's own files.
    """
    shown = f"{at:%d.%m.%Y %H:%M} {at.tzname() or ''}".strip()
    if known_at is not None and at < known_at:
        known = f"{known_at.astimezone(at.tzinfo):%d.%m.%Y %H:%M}"
        yield WORDS.bad("clock", "clock_back", at=shown, known=known)
    elif at.tzname() == "UTC":
        yield WORDS.warn("clock", "clock_utc", at=shown)
    else:
        yield WORDS.good("clock", "clock_good", at=shown)
    yield WORDS.good("versions", "versions_good", own=__version__, python=platform.python_version())
    if native.COMPILED:
        yield WORDS.good("core", "core_compiled")
    else:
        yield WORDS.warn("core", "core_plain")

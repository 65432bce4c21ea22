"""How far a printer can be believed, unit by unit; found out by `stammkunde printer test`.

A level belongs to a unit that somebody tested, never to a model: what a printer says of itself
(GS I) can be copied by a clone whose answers come before the paper (printing.md P28).

- 3: it gives back the process id behind the cut: CONFIRMED
- 2: it answers the fence behind the cut: CONFIRMED
- 1: its status is good afterwards: ASSUMED
- 0: it took the bytes: ASSUMED; so is every unit that nobody has tested

On a way that hides whether the printer was switched off and on, 2 and 3 are worth no more than 1:
after a restart in the middle of a page it answers as if nothing had been.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Restart = Literal["breaks", "shows", "pauses", "hidden"]
"""What a way shows of a printer that is switched off and on.

- ``breaks``: the connection ends, and stays so until somebody looks
- ``shows``: one of its lines falls while it lasts; reading and writing raise ``PrinterReset`` then
- ``pauses``: it takes nothing while it lasts, as when it is full
- ``hidden``: nothing
"""

SCHEMA: Final = "stammkunde.printer-unit/1"
LEVEL_MAX: Final = 3
RESTART_HIDDEN: Final = "restart_hidden"
LEVEL_OF_DOUBT: Final = 1
"""The highest level whose good end is only ASSUMED."""
FOLDER: Final = "printer-units"
_FILE_BYTES_MAX: Final = 16 * 1024
_UNFIT: Final = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A printer that stands in a shop.

    Args:
        unit: its name, the name of its file.
        printer: what the settings call it.
        address: transport and place where it was tested.
        level: 0 to 3.
        facts: what it says of itself: ``maker``, ``model``, ``firmware``, ``serial``.
        tested_at: when, as text with offset; empty = never.
        why: reason of a lower level, one word: ``not_believed``: it answered while it reported a
            stop; ``way``: the line or the settings let it be believed no further;
            ``restart_hidden``: a person switched it off and on, and nothing showed it. Empty when
            nothing keeps it low.
    """

    unit: str
    printer: str
    address: str
    level: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)
    tested_at: str = ""
    why: str = ""

    @property
    def serial(self) -> str:
        """Its serial number, as far as it says one."""
        return self.facts.get("serial", "")


def believable(level: int, restart: Restart, *, level_max: int) -> int:
    """Return how far a unit of a level is believed on one way.

    Args:
        level: of its answers.
        restart: what the way shows of a printer that is switched off and on.
        level_max: what the settings say.

    >>> believable(3, "hidden", level_max=3)
    1
    """
    return min(level, level_max, LEVEL_OF_DOUBT if restart == "hidden" else LEVEL_MAX)


def unit_name(*, printer: str, facts: Mapping[str, str]) -> str:
    """Return the name of a unit: model and serial number, else what the settings call it.

    >>> unit_name(printer="bon", facts={"model": "TM-T88V", "serial": "J5ZF 1"})
    'TM-T88V-J5ZF-1'
    """
    own = [facts.get("model", ""), facts.get("serial", "")]
    return _UNFIT.sub("-", "-".join(own) if own[1] else printer).strip("-.") or "printer"


class Units:
    """The files of tested units, one each.

    Args:
        folder: ``printer-units`` of the till's data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, *, printer: str, address: str) -> Unit:
        """Return the unit last tested under this name and address, else an untested one."""
        known = [unit for unit in self.all() if unit.printer == printer and unit.address == address]
        if known:
            return max(known, key=lambda unit: unit.tested_at)
        return Unit(unit_name(printer=printer, facts={}), printer, address)

    def all(self) -> list[Unit]:
        """Return every unit whose file can be read, by name."""
        found = [_read(path) for path in sorted(self._folder.glob("*.json"))]
        return [unit for unit in found if unit is not None]

    def write(self, unit: Unit) -> None:
        """Store a unit; its file appears whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{unit.unit}.json"
        unfinished = target.with_suffix(".part")
        value = {"schema": SCHEMA, **asdict(unit)}
        unfinished.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
        unfinished.replace(target)

    def believe(self, unit: Unit, *, level: int, why: str) -> Unit:
        """Store how far a unit is believed from now on.

        Raises:
            OSError: it cannot be written.
        """
        changed = replace(unit, level=level, why=why)
        self.write(changed)
        return changed


def _read(path: Path) -> Unit | None:
    # A file that somebody damaged makes its unit untested, never trusted. What is no file could
    # keep its reader waiting.
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            value: Any = json.loads(file.read(_FILE_BYTES_MAX))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.pop("schema", None) != SCHEMA:
        return None
    level, facts = value.get("level"), value.get("facts")
    texts = [value.get(name) for name in ("unit", "printer", "address", "tested_at", "why")]
    if (
        not all(isinstance(text, str) for text in texts)
        or isinstance(level, bool)
        or level not in range(LEVEL_MAX + 1)
        or not isinstance(facts, dict)
        or not all(isinstance(one, str) for pair in facts.items() for one in pair)
        or len(value) != len(texts) + 2
        or value["unit"] != path.stem
    ):
        return None
    return Unit(**value)

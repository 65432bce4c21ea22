"""Whether ``native`` and ``printers`` are ours: both are common words (ADR 0002)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec

NAMES: Final = ("native", "printers")


def check_origins(find: Callable[[str], ModuleSpec | None] = find_spec) -> None:
    """Raise ImportError when another folder of these names shadows ours.

    Args:
        find: looks a top-level name up without importing it.
    """
    ours = Path(__file__).resolve().parent.parent
    for name in NAMES:
        spec = find(name)
        places = [
            Path(place).resolve() for place in (spec and spec.submodule_search_locations) or ()
        ]
        if ours / name not in places:
            found = places[0] if places else "nothing"
            raise ImportError(
                f"the package {name!r} of stammkunde should come from {ours / name}, but "
                f"Python finds {found}: rename it, or start the program elsewhere",
                name=name,
            )

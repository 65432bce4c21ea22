"""The hot path: arrays in, arrays out.

One source, two forms (ADR 0006): a module of this package is interpreted as ``native.x`` and, where
it was built, compiled as ``native._compiled.x``. This module is the only place that chooses between
them: ``STAMMKUNDE_NATIVE=python`` or ``compiled`` forces one; otherwise the compiled form serves
where it was built and the plain one everywhere else. Both give byte-identical results.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from native.match import MatchIndex
    from native.search import Found


class Form(NamedTuple):
    """The core in one form: what the plugin takes from it."""

    is_compiled: bool
    MatchIndex: type[MatchIndex]
    match_classes: Callable[..., array[int]]
    search: Callable[..., Found]


def plain() -> Form:
    """Return the interpreted form, which every machine has."""
    from native import match, search

    return Form(False, match.MatchIndex, match.match_classes, search.search)


def compiled() -> Form:
    """Return the compiled form.

    Raises:
        ImportError: it was not built here.
    """
    from native import search
    from native._compiled import match  # type: ignore[attr-defined]

    return Form(True, match.MatchIndex, match.match_classes, search.search)


def _chosen() -> Form:
    wish = os.environ.get("STAMMKUNDE_NATIVE", "")
    if wish == "python":
        return plain()
    try:
        return compiled()
    except ImportError:
        if wish == "compiled":
            raise
        return plain()


FORM = _chosen()
COMPILED = FORM.is_compiled

__all__ = ["COMPILED", "FORM", "Form", "compiled", "plain"]

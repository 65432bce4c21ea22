"""The hot path: arrays in, arrays out.

One source, two forms (ADR 0006): a module of this package is interpreted as ``native.x`` and, where
it was built, compiled as ``native._compiled.x``. This module is the only place that chooses between
them: ``STAMMKUNDE_NATIVE=python`` or ``compiled`` forces one; otherwise the compiled form serves
where it was built and the plain one everywhere else. Both give byte-identical results.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from native.classes import Classes
    from native.eligible import Eligible, Gates
    from native.match import Matches, MatchIndex
    from native.pose import Offers, Pose
    from native.result import (
        Diagnostics,
        LineDiscount,
        LineResult,
        PromotionResult,
        Results,
        VatResult,
    )
    from native.search import Search
    from native.settle import Settle


class Form(NamedTuple):
    """The core in one form: what the plugin takes from it."""

    is_compiled: bool
    # Of a generation, built once.
    MatchIndex: type[MatchIndex]
    Gates: type[Gates]
    Offers: type[Offers]
    # The steps of an evaluation, in their order.
    Classes: type[Classes]
    Matches: type[Matches]
    Eligible: type[Eligible]
    Pose: type[Pose]
    Search: type[Search]
    Settle: type[Settle]
    Results: type[Results]
    # What they make.
    LineDiscount: type[LineDiscount]
    LineResult: type[LineResult]
    PromotionResult: type[PromotionResult]
    VatResult: type[VatResult]
    Diagnostics: type[Diagnostics]
    # For tests and for what is asked once: a step on arrays alone.
    match_classes: Callable[..., array[int]]


def plain() -> Form:
    """Return the interpreted form, which every machine has."""
    from native import classes, eligible, match, pose, result, search, settle

    return _form(False, classes, eligible, match, pose, result, search, settle)


def compiled() -> Form:
    """Return the compiled form; what leaves 64 bits raises OverflowError, the plain form never.

    Raises:
        ImportError: it was not built here.
    """
    from native._compiled import (  # type: ignore[attr-defined]
        classes,
        eligible,
        match,
        pose,
        result,
        search,
        settle,
    )

    return _form(True, classes, eligible, match, pose, result, search, settle)


def _form(is_compiled: bool, *modules: Any) -> Form:  # noqa: ANN401 - modules of either form
    classes, eligible, match, pose, result, search, settle = modules
    return Form(
        is_compiled=is_compiled,
        MatchIndex=match.MatchIndex,
        Gates=eligible.Gates,
        Offers=pose.Offers,
        Classes=classes.Classes,
        Matches=match.Matches,
        Eligible=eligible.Eligible,
        Pose=pose.Pose,
        Search=search.Search,
        Settle=settle.Settle,
        Results=result.Results,
        LineDiscount=result.LineDiscount,
        LineResult=result.LineResult,
        PromotionResult=result.PromotionResult,
        VatResult=result.VatResult,
        Diagnostics=result.Diagnostics,
        match_classes=match.match_classes,
    )


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

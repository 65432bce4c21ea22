"""The hot path: arrays in, arrays out.

This module is the only place that chooses between the compiled and the plain Python form.
``STAMMKUNDE_NATIVE=python`` or ``compiled`` forces one; otherwise the compiled form serves where it
was built and the plain one everywhere else. Both give byte-identical results (ADR 0006).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

COMPILED: bool

_wish = os.environ.get("STAMMKUNDE_NATIVE", "")
if TYPE_CHECKING or _wish == "python":
    from native._match_py import MatchIndex, match_classes

    COMPILED = False
else:
    try:
        from native._match_c import MatchIndex, match_classes

        COMPILED = True
    except ImportError:
        if _wish == "compiled":
            raise
        from native._match_py import MatchIndex, match_classes

        COMPILED = False

__all__ = ["COMPILED", "MatchIndex", "match_classes"]

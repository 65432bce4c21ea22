"""Promotions whose time never comes, or is over."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.moments import WINDOWS_TRIED, common_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.lint.work import Work


def find(work: Work) -> Iterator[Finding]:
    """Yield promotions that no moment lets in, and those that ended before today."""
    for promotion in work.promotions:
        validity = promotion.validity
        begin, end = validity.from_, validity.until
        if begin is not None and end is not None and begin >= end:
            work.dead.add(promotion.id)
            yield Finding(
                FindingCode.VALIDITY_EMPTY,
                Severity.ERROR,
                (promotion.id,),
                f"{promotion.id} ends at {end.isoformat()}, before it begins at "
                f"{begin.isoformat()}: it is never valid.",
                work.showcase(promotion),
            )
        elif (
            len(validity.windows) <= WINDOWS_TRIED
            and common_moment([validity], work.options.on) is None
        ):
            work.dead.add(promotion.id)
            yield Finding(
                FindingCode.WINDOW_NEVER_OPENS,
                Severity.ERROR,
                (promotion.id,),
                f"None of the windows of {promotion.id} opens while it is valid.",
                work.showcase(promotion),
                figures={"windows": len(validity.windows)},
            )
        elif end is not None and end <= dt.datetime.combine(work.options.on, dt.time(0)):
            yield Finding(
                FindingCode.ALREADY_ENDED,
                Severity.WARNING,
                (promotion.id,),
                f"{promotion.id} ended at {end.isoformat()}.",
                work.showcase(promotion),
                figures={"days_ago": (work.options.on - end.date()).days},
            )

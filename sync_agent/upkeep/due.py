"""Whether what is done from time to time is to be done again."""

from __future__ import annotations

import datetime as dt

from pos_plugin.clock import instant


def is_due(last_at: object, *, at: dt.datetime, every: dt.timedelta) -> bool:
    """Return whether the last time is so long past.

    Args:
        last_at: its instant as a file of ours holds it; what is none was never. One in the future
            was written by a wrong clock and does not count.
        at: now.
        every: what has to lie between two times.
    """
    try:
        return not dt.timedelta(0) <= at - instant(str(last_at)) < every
    except ValueError:
        return True

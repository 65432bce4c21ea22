"""Which pictures of head office the vouchers of this till will show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.storage.class_lookup import coming_titles

if TYPE_CHECKING:
    import apsw

    from pos_plugin.storage.prepared_pictures import Purpose

_NAME: Final = re.compile("[0-9a-f]{64}")


def wanted_pictures(cache: apsw.Connection, *, on: str, covers_max: int) -> dict[str, Purpose]:
    """Return the pictures by SHA-256, logos first, then covers by their first day.

    Args:
        cache: for reading.
        on: day; what starts before it is on no voucher any more.
        covers_max: so many covers at most.
    """
    logos: Any = cache.execute(
        "SELECT DISTINCT json_extract(layout, '$.logo') FROM voucher_type ORDER BY 1"
    )
    wanted: dict[str, Purpose] = {}
    for (logo,) in logos:
        if isinstance(logo, str) and _NAME.fullmatch(logo):
            wanted[logo] = "logo"
    for title in coming_titles(cache, on=on, count_max=covers_max):
        if title.picture is not None and _NAME.fullmatch(title.picture):
            wanted.setdefault(title.picture, "cover")
    return wanted

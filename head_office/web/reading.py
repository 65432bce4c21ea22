"""Promotions read back in the visitor's language, with what the shop's accounts hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.read_back.promotion import read_back
from head_office.web import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from head_office.web.visit import Visit
    from pos_plugin.promotions.promotion import Promotion


def reader(visit: Visit) -> Callable[[Promotion], list[str]]:
    """Return a function that gives a promotion's sentences; the accounts are looked up once."""
    with visit.database.read() as connection:
        units = names.units(connection)
    return lambda promotion: read_back(promotion, visit.language, units)

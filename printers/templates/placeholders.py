"""Placeholders in a string: ``{customer.name}``, ``{value|money}``; ``{{`` and ``}}`` are braces.

A name is one key, never a path into an object, and a value is never read again: a customer called
``{voucher.code}`` prints just so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from printers.templates.errors import TemplateInvalid, TemplateReason

if TYPE_CHECKING:
    from collections.abc import Callable

_HOLE: Final = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)((?:\|[^{}|]*)*)\}")
_PLAIN: Final = re.compile(r"[^{}]+")
_SHORTEN: Final = re.compile(r"shorten:([1-9][0-9]{0,2})")
FILTERS: Final = frozenset({"money", "day", "time", "upper", "shorten"})


class Filter(NamedTuple):
    """How a value is written; ``size`` is the N of ``shorten:N``, else 0."""

    name: str
    size: int = 0


class Hole(NamedTuple):
    """A place for a value."""

    name: str
    filters: tuple[Filter, ...] = ()


def parse(text: str, where: str) -> tuple[str | Hole, ...]:
    """Return a string as plain parts and holes.

    Raises:
        TemplateInvalid: ``stray_brace`` or ``unknown_filter`` at ``where``.

    >>> parse("bis {valid_to|day}, {{so}}", "")
    ('bis ', Hole(name='valid_to', filters=(Filter(name='day', size=0),)), ', ', '{', 'so', '}')
    """
    parts: list[str | Hole] = []
    at = 0
    while at < len(text):
        if text.startswith(("{{", "}}"), at):
            parts.append(text[at])
            at += 2
            continue
        found = _PLAIN.match(text, at)
        if found is not None:
            parts.append(found[0])
        else:
            found = _HOLE.match(text, at)
            if found is None:
                raise TemplateInvalid(
                    TemplateReason.STRAY_BRACE, where, f"a brace stands alone in {text[at:][:20]!r}"
                )
            names = found[2].split("|")[1:]
            parts.append(Hole(found[1], tuple(_filter(name, where) for name in names)))
        at = found.end()
    return tuple(parts)


def _filter(written: str, where: str) -> Filter:
    shorten = _SHORTEN.fullmatch(written)
    if shorten is not None:
        return Filter("shorten", int(shorten[1]))
    if written not in FILTERS or written == "shorten":
        raise TemplateInvalid(
            TemplateReason.UNKNOWN_FILTER,
            where,
            f"{written!r} is none of money, day, time, upper, shorten:N",
        )
    return Filter(written)


def join(parts: tuple[str | Hole, ...], value_of: Callable[[Hole], str]) -> str:
    """Return the string with every hole filled once."""
    return "".join(part if isinstance(part, str) else value_of(part) for part in parts)

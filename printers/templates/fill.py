"""A template and its values become a document; each string is filled once."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Protocol

from printers.document import TEST_CODE, Document
from printers.templates.errors import TemplateInvalid, TemplateReason
from printers.templates.fields import LIST_ITEMS, LONG_CHARACTERS, TEXT_CHARACTERS, Type
from printers.templates.model import ITEM, SWITCH
from printers.templates.placeholders import join

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from printers.templates.model import Condition, Piece, Template
    from printers.templates.placeholders import Filter, Hole

Values = dict[str, Any]
COUPONS: Final = "coupons"
"""The list of a strip: what repeats by it belongs to one coupon each, and falls out with it."""

_PYTHON: Final = {"count": int, "money": int, "yes_no": bool}
_HOLDER: Final = "customer.name"
_TRAINING_CODE: Final = f"{TEST_CODE}00000000000"


class Formats(Protocol):
    """How a shop writes values."""

    def money(self, amount_minor: int, /) -> str:
        """Return an amount in minor units (cents) as people read it."""
        ...

    def count(self, number: int, /) -> str:
        """Return a whole number as people read it."""
        ...

    def day(self, on: str, /) -> str:
        """Return a shop day (ISO 8601) as people read it."""
        ...

    def time(self, at: str, /) -> str:
        """Return a shop-local minute (``2026-03-07T12:00``) as people read it."""
        ...


class NoFormats:
    """For papers whose values are text alone."""

    def money(self, amount_minor: int, /) -> str:
        """Return the bare number."""
        return str(amount_minor)

    def count(self, number: int, /) -> str:
        """Return the bare number."""
        return str(number)

    def day(self, on: str, /) -> str:
        """Return the day as ISO 8601 has it."""
        return on

    def time(self, at: str, /) -> str:
        """Return the minute as ISO 8601 has it."""
        return at


def fill(
    template: Template,
    values: Mapping[str, Any],
    *,
    formats: Formats,
    subject_uid: str,
    hidden: Collection[str] = (),
    training: bool = False,
    customer_bound: bool = False,
) -> Document:
    """Return the document of a template.

    Args:
        template: checked.
        values: by name of ``requires``; what may be missing is missing or None. Names beyond
            ``requires`` are passed over.
        formats: how values are written.
        subject_uid: of the voucher, the approval …
        hidden: switches of this shop, without ``show.``.
        training: its codes are those that every till refuses.
        customer_bound: the document has to name its holder.

    Raises:
        TemplateInvalid: a value does not fit its type.
        DocumentInvalid: what it makes cannot be printed.
    """
    checked = _checked(template.types, values, "")
    blocks: list[dict[str, Any]] = []
    filler = _Filler(checked, formats, hidden)
    for piece, item, number in filler.repeated(template.pieces, None):
        block = filler.block(piece, item)
        if block is None:
            continue
        if piece.each == COUPONS:
            block["coupon"] = number
        if training and block.get("type") == "code":
            block |= {"content": _TRAINING_CODE, "symbology": _for_training(block)}
        blocks.append(block)
    said: dict[str, Any] = {
        "schema": "stammkunde.document/1",
        "kind": template.kind,
        "subject_uid": subject_uid,
        "lang": template.lang,
        "training": training,
        "blocks": blocks,
    }
    holder = checked.get(_HOLDER, ("text", None))[1]
    if holder and any(block.get("role") == "holder" for block in blocks):
        said["holder"] = holder
    return Document.from_dict(said, customer_bound=customer_bound)


def _for_training(block: Mapping[str, Any]) -> str:
    symbology = str(block.get("symbology", "auto"))
    return "code128" if symbology == "ean13" else symbology  # its content has letters


class _Filler:
    def __init__(self, values: Values, formats: Formats, hidden: Collection[str]) -> None:
        self._values = values
        self._formats = formats
        self._hidden = hidden

    def repeated(
        self, pieces: Sequence[Piece], item: Values | None
    ) -> Iterator[tuple[Piece, Values | None, int]]:
        """Yield pieces with their items and the numbers of these.

        Neighbours that repeat by one list go item by item.
        """
        for each, group in groupby(pieces, key=lambda piece: piece.each):
            together = list(group)
            for number, one in enumerate(self._values[each] if each else (item,)):
                for piece in together:
                    yield piece, one, number

    def block(self, piece: Piece, item: Values | None) -> dict[str, Any] | None:
        """Return a block; None where its conditions do not hold or nothing is left of it."""
        filled = self._piece(piece, item)
        if filled is None or not piece.inner_key:
            return filled
        inner = [
            one
            for part, each, _ in self.repeated(piece.inner, item)
            if (one := self._piece(part, each)) is not None
        ]
        return {**filled, piece.inner_key: inner} if inner else None

    def _piece(self, piece: Piece, item: Values | None) -> dict[str, Any] | None:
        if not all(self._holds(condition, item) for condition in piece.when):
            return None
        made = dict(piece.plain)
        for key, parts in piece.strings.items():
            made[key] = join(parts, lambda hole: self._said(hole, item))
        if not made.get("asset", "x"):
            del made["asset"]
        return made

    def _holds(self, condition: Condition, item: Values | None) -> bool:
        if condition.name.startswith(SWITCH):
            holds = condition.name.removeprefix(SWITCH) not in self._hidden
        else:
            holds = bool(self._value(condition.name, item)[1])
        return holds is condition.wanted

    def _value(self, name: str, item: Values | None) -> tuple[str, Any]:
        found: tuple[str, Any] = (
            (item or {})[name[len(ITEM) :]] if name.startswith(ITEM) else self._values[name]
        )
        return found if isinstance(found, tuple) else ("list", found)

    def _said(self, hole: Hole, item: Values | None) -> str:
        type_, value = self._value(hole.name, item)
        if value is None:
            return ""
        for one in hole.filters:
            value = self._filtered(one, value)
        return self._formats.count(value) if type_ == "count" else str(value)

    def _filtered(self, one: Filter, value: Any) -> str:  # noqa: ANN401 - its type was checked
        match one.name:
            case "money":
                return self._formats.money(value)
            case "day":
                return self._formats.day(value[:10])
            case "time":
                return self._formats.time(value)
            case "upper":
                return str(value).upper()
            case _:
                return value if len(value) <= one.size else f"{value[: one.size - 1]}…"


def _checked(types: Mapping[str, Type], values: Mapping[str, Any], place: str) -> Values:
    """Return type and value by name, each as its type says."""
    checked: Values = {}
    for name, type_ in types.items():
        where = f"{place}{name}"
        value = values.get(name)
        if type_.name == "list":
            if not isinstance(value, list | tuple) or len(value) > LIST_ITEMS:
                raise _wrong(where, f"a list of at most {LIST_ITEMS} items")
            checked[name] = [
                _checked(type_.fields, item, f"{where}[{number}].")
                for number, item in enumerate(value)
            ]
            continue
        if value is None or value == "":
            if not type_.is_optional and not (type_.name == "text" and value == ""):
                raise _wrong(where, "a value that is not missing")
            checked[name] = (type_.name, None)
            continue
        wanted = _PYTHON.get(type_.name, str)
        if type(value) is not wanted:
            raise _wrong(where, f"a {wanted.__name__}")
        checked[name] = (type_.name, _within(type_.name, value, where))
    return checked


def _within(type_: str, value: Any, where: str) -> Any:  # noqa: ANN401 - as its type says
    if type_ == "text":
        return value[:TEXT_CHARACTERS]
    if type_ == "long" and len(value) > LONG_CHARACTERS:
        # Terms that are cut off say something else than they mean.
        raise _wrong(where, f"at most {LONG_CHARACTERS} characters")
    return value


def _wrong(where: str, wanted: str) -> TemplateInvalid:
    return TemplateInvalid(TemplateReason.VALUE, where, f"{wanted} is expected here")

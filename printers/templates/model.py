"""A template, read strictly: everything that could go wrong at the till is found when it is read.

Laws of this file:
1. What a paper cannot do without stands under no condition and is not shortened.
2. A value that may be missing stands only where a condition asks for it.
3. No string can fill to more than a document takes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from printers.document import DEMANDED, Block, CodeBlock, Kind, Role
from printers.limits import BLOCKS_MAX, DOCUMENT_BYTES_MAX, TEXT_CHARACTERS_MAX
from printers.templates.errors import TemplateInvalid, TemplateReason
from printers.templates.fields import CATALOGUE, NEEDED, WIDTHS, Type, read_types
from printers.templates.placeholders import Hole, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

Parts = tuple[str | Hole, ...]

SCHEMA: Final = "stammkunde.template/1"
VERSION_MAX: Final = 2**31 - 1
ITEM: Final = "item."
SWITCH: Final = "show."
_BLOCK: Final[TypeAdapter[Any]] = TypeAdapter(Block)
_CONDITION: Final = re.compile(r"(not )?([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)")
# Strings that hold placeholders, by type of block; all else in a block is plain.
_STRINGS: Final = {"text": ("value",), "image": ("asset",), "code": ("content",)}
_ANY_ASSET: Final = "0" * 64
_ANY_CONTENT: Final = {"ean13": "4006381333931"}


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_name: str = Field(alias="schema")
    template_id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Annotated[int, Field(ge=1, le=VERSION_MAX)]
    kind: Kind
    lang: Literal["de", "en"]
    requires: dict[str, Any]
    sample: dict[str, Any]
    blocks: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=BLOCKS_MAX)]


@dataclass(frozen=True, slots=True)
class Condition:
    """A name that must hold, or must not."""

    name: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, a cell or a cover of a template.

    Args:
        where: its place, for messages.
        plain: its values that hold no placeholder.
        strings: its strings, parsed.
        when: conditions, all of which must hold.
        each: the list that repeats it; empty = it stands once.
        inner: key of its own pieces (``cells``, ``items``), and these.
    """

    where: str
    plain: Mapping[str, Any]
    strings: Mapping[str, Parts]
    when: tuple[Condition, ...] = ()
    each: str = ""
    inner_key: str = ""
    inner: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template."""

    template_id: str
    version: int
    kind: Kind
    lang: Literal["de", "en"]
    types: Mapping[str, Type]
    sample: Mapping[str, Any]
    pieces: tuple[Piece, ...]

    @classmethod
    def from_json(cls, content: str | bytes) -> Template:
        """Read a template.

        Raises:
            TemplateInvalid: the first thing that is wrong, with its place.
        """
        if len(content) > DOCUMENT_BYTES_MAX:
            raise TemplateInvalid(
                TemplateReason.LIMIT, "", f"at most {DOCUMENT_BYTES_MAX} bytes are taken"
            )
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise TemplateInvalid(TemplateReason.NOT_JSON, "", f"not JSON: {error}") from None
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: object) -> Template:
        """Read a template from plain values; the same rules."""
        if isinstance(data, dict) and data.get("schema", SCHEMA) != SCHEMA:
            raise TemplateInvalid(
                TemplateReason.TOO_NEW, "schema", f"this version reads {SCHEMA} only"
            )
        try:
            envelope = _Envelope.model_validate(data)
        except ValidationError as error:
            raise _envelope_error(error) from None
        types = read_types(envelope.requires, "requires")
        _within_catalogue(types, envelope.kind)
        reader = _Reader(envelope.kind, types)
        pieces = tuple(
            reader.block(block, f"blocks[{number}]") for number, block in enumerate(envelope.blocks)
        )
        reader.demanded()
        return cls(
            envelope.template_id,
            envelope.version,
            envelope.kind,
            envelope.lang,
            types,
            envelope.sample,
            pieces,
        )


class _Reader:
    """Reads the blocks of one template."""

    def __init__(self, kind: str, types: Mapping[str, Type]) -> None:
        self._kind = kind
        self._types = types
        self._roles: set[str] = set()

    def block(self, block: dict[str, Any], where: str) -> Piece:
        """Return a block, checked as if every placeholder were filled."""
        kind = block.get("type")
        keys = _STRINGS.get(kind, ()) if isinstance(kind, str) else ()
        inner_key = {"columns": "cells", "covers": "items"}.get(str(kind), "")
        piece = self._piece(block, where, keys=keys, inner_key=inner_key)
        self._valid_block(piece, where)
        self._role(piece, where)
        return piece

    def demanded(self) -> None:
        """Refuse a template without a role that its kind demands."""
        missing = sorted(DEMANDED[self._kind] - self._roles)
        if missing:
            raise TemplateInvalid(
                TemplateReason.ROLE_MISSING,
                "blocks",
                f"kind {self._kind} needs a block for: {', '.join(missing)}",
            )

    def _piece(
        self,
        values: dict[str, Any],
        where: str,
        *,
        keys: tuple[str, ...],
        inner_key: str = "",
        outer: str = "",
        outer_when: tuple[Condition, ...] = (),
    ) -> Piece:
        each = values.get("each", outer)
        if "each" in values:
            self._list(each, f"{where}.each")
        item = self._types[each].fields if each else {}
        when = outer_when + self._conditions(values.get("when", []), item, f"{where}.when")
        plain = {
            key: value
            for key, value in values.items()
            if key not in {*keys, "when", "each", inner_key}
        }
        strings = {}
        for key in keys:
            if key not in values:
                continue
            if not isinstance(values[key], str):
                raise TemplateInvalid(
                    TemplateReason.WRONG_TYPE, f"{where}.{key}", "a string is expected here"
                )
            parts = parse(values[key], f"{where}.{key}")
            self._fits(parts, f"{where}.{key}", key=key, item=item, when=when, plain=plain)
            strings[key] = parts
        inner: tuple[Piece, ...] = ()
        if inner_key and isinstance(values.get(inner_key), list):
            inner_keys = ("value",) if inner_key == "cells" else ("title", "info", "asset")
            inner = tuple(
                self._piece(
                    one,
                    f"{where}.{inner_key}[{number}]",
                    keys=inner_keys,
                    outer=each,
                    outer_when=when,
                )
                for number, one in enumerate(values[inner_key])
                if self._is_object(one, f"{where}.{inner_key}[{number}]")
            )
        own = values.get("each", "")
        return Piece(where, plain, strings, when, own, inner_key, inner)

    def _is_object(self, value: object, where: str) -> bool:
        if not isinstance(value, dict):
            raise TemplateInvalid(TemplateReason.WRONG_TYPE, where, "an object is expected here")
        return True

    def _list(self, name: object, where: str) -> None:
        found = self._types.get(name) if isinstance(name, str) else None
        if found is None or found.name != "list":
            raise TemplateInvalid(
                TemplateReason.UNKNOWN_NAME, where, f"{name!r} is no list of `requires`"
            )

    def _conditions(
        self, names: object, item: Mapping[str, Type], where: str
    ) -> tuple[Condition, ...]:
        if not isinstance(names, list):
            raise TemplateInvalid(TemplateReason.WRONG_TYPE, where, "a list of names")
        found = []
        for name in names:
            match = _CONDITION.fullmatch(name) if isinstance(name, str) else None
            if match is None or not self._is_condition(match[2], item):
                raise TemplateInvalid(
                    TemplateReason.UNKNOWN_CONDITION,
                    where,
                    f"{name!r} is no yes_no, no value that may be missing and no switch show.…",
                )
            found.append(Condition(match[2], wanted=match[1] is None))
        return tuple(found)

    def _is_condition(self, name: str, item: Mapping[str, Type]) -> bool:
        if name.startswith(SWITCH):
            return True
        found = item.get(name[len(ITEM) :]) if name.startswith(ITEM) else self._types.get(name)
        return found is not None and (found.is_optional or found.name in {"yes_no", "list"})

    def _fits(
        self,
        parts: Parts,
        where: str,
        *,
        key: str,
        item: Mapping[str, Type],
        when: tuple[Condition, ...],
        plain: Mapping[str, Any],
    ) -> None:
        """Refuse holes that cannot be filled, or could be filled with too much."""
        length = 0
        for part in parts:
            if isinstance(part, str):
                length += len(part)
                continue
            found = (
                item.get(part.name[len(ITEM) :])
                if part.name.startswith(ITEM)
                else self._types.get(part.name)
            )
            if found is None or found.name in {"list", "yes_no"}:
                raise TemplateInvalid(
                    TemplateReason.UNKNOWN_NAME, where, f"{part.name!r} is no value of `requires`"
                )
            if (
                found.is_optional
                and Condition(part.name, wanted=True) not in when
                # A cover whose picture is missing keeps its words.
                and not (key == "asset" and part.name.startswith(ITEM))
            ):
                raise TemplateInvalid(
                    TemplateReason.CONDITION_MISSING,
                    where,
                    f"{part.name!r} may be missing: `when` has to name it",
                )
            length += self._filters(part, found, where, key=key, plain=plain)
            if (found.name == "picture") is not (key == "asset") or (
                key == "asset" and len(parts) > 1
            ):
                raise TemplateInvalid(
                    TemplateReason.UNFITTING_FILTER, where, "a picture fills an asset, alone"
                )
        if length > TEXT_CHARACTERS_MAX:
            raise TemplateInvalid(
                TemplateReason.TOO_LONG,
                where,
                f"could fill to {length} characters, at most {TEXT_CHARACTERS_MAX} are printed",
            )

    def _filters(
        self, hole: Hole, found: Type, where: str, *, key: str, plain: Mapping[str, Any]
    ) -> int:
        """Return how many characters the hole can fill."""
        names = [one.name for one in hole.filters]
        if key == "content" and names:
            raise TemplateInvalid(
                TemplateReason.FILTER_IN_CODE, where, "a code is printed as it is, without filters"
            )
        needed = NEEDED.get(found.name)
        if needed is not None and (len(names) != 1 or names[0] not in needed):
            raise TemplateInvalid(
                TemplateReason.FILTER_NEEDED if not names else TemplateReason.UNFITTING_FILTER,
                where,
                f"{hole.name!r} is of type {found.name}: write {'|'.join(sorted(needed))}",
            )
        length = WIDTHS[found.name]
        for one in hole.filters if needed is None else ():
            if found.name not in {"text", "long"} or one.name not in {"upper", "shorten"}:
                raise TemplateInvalid(
                    TemplateReason.UNFITTING_FILTER,
                    where,
                    f"{one.name} does not fit {hole.name!r}, which is of type {found.name}",
                )
            role = plain.get("role")
            if one.name == "shorten" and role in DEMANDED[self._kind] and role != Role.HOLDER:
                raise TemplateInvalid(
                    TemplateReason.SHORTENED_ROLE, where, f"role {role} is never shortened"
                )
            length = 3 * length if one.name == "upper" else min(length, one.size)
        return length

    def _valid_block(self, piece: Piece, where: str) -> None:
        """Refuse what no document would take, whatever fills it."""
        dummy = dict(piece.plain)
        for key in piece.strings:
            dummy[key] = "x"
        if "asset" in piece.strings:
            dummy["asset"] = _ANY_ASSET
        if "content" in piece.strings:
            dummy["content"] = _ANY_CONTENT.get(str(dummy.get("symbology")), "A")
        if piece.inner_key and piece.inner:
            dummy[piece.inner_key] = [
                dict(one.plain)
                | {key: _ANY_ASSET if key == "asset" else "x" for key in one.strings}
                for one in piece.inner
            ]
        try:
            block = _BLOCK.validate_python(dummy)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"][1:]
            )
            reason = (
                TemplateReason.UNKNOWN_FIELD
                if first["type"] == "extra_forbidden"
                else TemplateReason.BLOCK
            )
            raise TemplateInvalid(reason, f"{where}{place}", first["msg"]) from None
        if isinstance(block, CodeBlock) and "content" not in piece.strings:
            raise TemplateInvalid(TemplateReason.MISSING, f"{where}.content", "Field required")

    def _role(self, piece: Piece, where: str) -> None:
        role = piece.plain.get("role")
        if role is None:
            return
        self._roles.add(role)
        if role in DEMANDED[self._kind] and role != Role.HOLDER and piece.when:
            raise TemplateInvalid(
                TemplateReason.ROLE_CONDITIONAL,
                f"{where}.when",
                f"role {role} stands under no condition",
            )


def _within_catalogue(types: Mapping[str, Type], kind: str) -> None:
    offered = CATALOGUE[kind]
    for name, type_ in types.items():
        found = offered.get(name)
        if found is None:
            raise TemplateInvalid(
                TemplateReason.UNKNOWN_NAME,
                f"requires.{name}",
                f"papers of kind {kind} have: {', '.join(sorted(offered))}",
            )
        _same_type(type_, found, f"requires.{name}")


def _same_type(said: Type, found: Type, where: str) -> None:
    if said.name != found.name or (found.is_optional and not said.is_optional):
        shown = f"{found.name}{'?' if found.is_optional else ''}"
        raise TemplateInvalid(TemplateReason.UNKNOWN_TYPE, where, f"it is of type {shown}")
    for name, type_ in said.fields.items():
        if name not in found.fields:
            raise TemplateInvalid(
                TemplateReason.UNKNOWN_NAME,
                f"{where}.{name}",
                f"its items have: {', '.join(sorted(found.fields))}",
            )
        _same_type(type_, found.fields[name], f"{where}.{name}")


def _envelope_error(error: ValidationError) -> TemplateInvalid:
    first = error.errors(include_url=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    reason = {
        "extra_forbidden": TemplateReason.UNKNOWN_FIELD,
        "missing": TemplateReason.MISSING,
        "too_long": TemplateReason.LIMIT,
    }.get(first["type"], TemplateReason.WRONG_TYPE)
    return TemplateInvalid(reason, place.removeprefix("."), first["msg"])

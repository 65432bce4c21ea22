"""Turns what pydantic says about a document into our one error with code and place."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from pos_plugin.limits import MAX_TEXT

if TYPE_CHECKING:
    from pydantic import ValidationError

    from pos_plugin.errors import InputError

_CODES = {
    "extra_forbidden": "unknown_field",
    "unexpected_keyword_argument": "unknown_field",
    "missing": "missing",
    "missing_argument": "missing",
    "union_tag_invalid": "unknown_word",
    "union_tag_not_found": "missing",
    "literal_error": "unknown_word",
    "enum": "unknown_word",
    "too_long": "limit",
    "string_too_long": "limit",
    "too_short": "out_of_range",
    "string_too_short": "out_of_range",
    "string_pattern_mismatch": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "greater_than": "out_of_range",
    "less_than": "out_of_range",
    "value_error": "out_of_range",
    "timezone_aware": "out_of_range",
    "timezone_naive": "out_of_range",
    "recursion_loop": "limit",
}

_MESSAGES = {
    "tuple_type": "Input should be a list",
    "list_type": "Input should be a list",
    "dict_type": "Input should be an object",
    "mapping_type": "Input should be an object",
    "model_type": "Input should be an object",
    "model_attributes_type": "Input should be an object",
    "dataclass_type": "Input should be an object",
    "timezone_aware": "an instant carries its offset, such as 2026-03-01T15:00:00+01:00",
}
"""What pydantic says of Python's types, in the words of the document."""

_NAME_SHOWN = 80  # characters of a name the document made up, so that an error stays one line


def _shown(name: object) -> str:
    """A name of the document, short, and written so that every file and terminal can hold it."""
    text = str(name)
    if len(text) > _NAME_SHOWN:
        text = f"{text[:_NAME_SHOWN]}…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number here")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = next(
            name for name, count in Counter(name for name, _ in pairs).items() if count > 1
        )
        raise ValueError(f"the name {_shown(twice)!r} stands twice in one object")
    return value


def read_json(text: str | bytes, where: str, error: type[InputError]) -> Any:  # noqa: ANN401
    """Return the parsed JSON document.

    Refused here as ``not_json``: broken text, wrong encoding, NaN, a name standing twice in one
    object, numbers and nesting beyond what the parser takes.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except RecursionError:
        raise error("not_json", where, "nested too deeply") from None
    except ValueError as fault:
        raise error("not_json", where, f"not valid JSON: {fault}") from None


def read_id(value: object, where: str, error: type[InputError]) -> str:
    """Return an id that came as an argument, not in a document.

    Args:
        value: what came.
        where: its place, for example ``void.sale_id``.
        error: to be raised.

    Raises:
        InputError: of the given type: no text, empty, too long, half a character.
    """
    if not isinstance(value, str):
        raise error("wrong_type", where, "an id is text")
    if not value:
        raise error("out_of_range", where, "an id is not empty")
    if len(value) > MAX_TEXT:
        raise error("limit", where, f"at most {MAX_TEXT} characters")
    if any("\ud800" <= one <= "\udfff" for one in value):
        raise error("out_of_range", where, "half a character is no text")
    return value


def _is_tag(step: object, here: object) -> bool:
    return (
        isinstance(step, str)
        and isinstance(here, dict)
        and step in (here.get("type"), here.get("kind"))
    )


def first_error(error: ValidationError, value: object, where: str) -> tuple[str, str, str]:
    """Return code, place and message of the first error.

    pydantic's location names the chosen member of a union too; walking the document along the
    location leaves only the steps that really stand in it.
    """
    first = error.errors(include_url=False, include_context=True)[0]
    kind = first["type"]
    code = _CODES.get(kind)
    if code is None:
        code = "wrong_type" if "type" in kind or "parsing" in kind else "out_of_range"
    context = first.get("ctx", {})
    place = where
    here: object = value
    location = first["loc"]
    was_tag = False
    for index, step in enumerate(location):
        last = index == len(location) - 1
        # {"type": "coupon", "coupon": "X"}: the first "coupon" of a location is the member.
        was_tag = not was_tag and not last and _is_tag(step, here)
        if was_tag:
            continue
        if isinstance(step, int) and isinstance(here, (list, tuple)):
            place += f"[{step}]"
            here = here[step] if step < len(here) else None
        elif isinstance(step, str) and isinstance(here, dict) and step in here:
            place += f".{_shown(step)}" if place else _shown(step)
            here = here[step]
        elif isinstance(step, str) and last and kind in ("missing", "missing_argument"):
            place += f".{step}" if place else step
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(context.get("discriminator", "")).strip("'")
        place += f".{tag}" if place else tag
    message = _MESSAGES.get(kind, first["msg"])
    if kind == "union_tag_invalid":
        message = (
            f"unknown word {_shown(context.get('tag'))!r}; known are {context.get('expected_tags')}"
        )
    elif code == "unknown_field":
        message = f"unknown field {_shown(location[-1])!r}: misspelt, or it belongs elsewhere"
    elif kind == "value_error":
        message = str(context["error"])
    elif kind in ("too_short", "too_long"):
        message = message.replace("Tuple", "List", 1).replace(" after validation", "", 1)
    return code, place, message

"""What a document cannot say, for schemathesis (``SCHEMATHESIS_HOOKS=fuzz_hooks``).

Few ids, so that calls meet sales and jobs that other calls left behind; whole numbers without a
decimal point; the id of the body is the id of the address; no id twice, no sale above its limit;
names, phone numbers and the like that are some.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote
from zlib import crc32

import schemathesis

KNOWN = {
    "sale_id": [f"F{number}" for number in range(12)],
    "job": os.environ.get("FUZZ_JOBS", "").split(),
    "notice": os.environ.get("FUZZ_NOTICES", "").split(),
}

ID_LENGTH_MAX = 200

CUSTOMER = {
    "name": "Anna Müller",
    "phone": "+49 89 12345",
    "email": "anna@example.org",
    "birthday_on": "1980-12-24",
}
DESCRIBED = {
    "/v1/customers": CUSTOMER,
    "/v1/customers/{customer}": CUSTOMER,
    "/v1/vouchers/sell": {"code": "0000-0000-0000-0000-9"},
}
"""By call: what stands for texts that the document describes in words only."""


@schemathesis.hook
def map_path_parameters(
    context: schemathesis.HookContext,  # noqa: ARG001 - the names are schemathesis's
    path_parameters: dict[str, Any] | None,
) -> dict[str, Any] | None:
    """Ask half of the time for what is there."""
    for name, value in (path_parameters or {}).items():
        number = crc32(repr(value).encode())
        is_id = isinstance(value, str) and len(unquote(value)) <= ID_LENGTH_MAX
        if KNOWN.get(name) and is_id and number % 2:
            (path_parameters or {})[name] = KNOWN[name][number // 2 % len(KNOWN[name])]
    return path_parameters


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext,  # noqa: ARG001
    case: schemathesis.Case,
    kwargs: Any,  # noqa: ARG001
) -> None:
    """Mend what only looks right to the document, in bodies that are meant to be right."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if isinstance(case.body, (dict, list)):
        case.body = whole(case.body)
    if isinstance(case.body, dict):
        if case.path.endswith("/complete"):
            case.body.pop("lines", None)  # of whatever sale that may be
        sale = case.body.get("sale", case.body)
        address = case.path_parameters or {}
        if isinstance(sale, dict) and "sale_id" in sale and "sale_id" in address:
            sale["sale_id"] = unquote(str(address["sale_id"]))
        for lines in (case.body.get("lines"), sale.get("lines") if isinstance(sale, dict) else ()):
            keep_sellable(lines)
        for name, text in DESCRIBED.get(case.path, {}).items():
            if isinstance(case.body.get(name), str):
                case.body[name] = text


def whole(value: Any) -> Any:
    if isinstance(value, list):
        return [whole(part) for part in value]
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def keep_sellable(lines: Any) -> None:
    """Give lines names of their own and amounts that no sale is too small for."""
    seen: set[str] = set()
    for number, line in enumerate(lines if isinstance(lines, list) else ()):
        if not isinstance(line, dict):
            continue
        if line.get("line_id") in seen:
            line["line_id"] = f"line {number}"
        seen.add(line.get("line_id", ""))
        if line.get("voucher") is not None:
            line["voucher"] = f"voucher {number}"
        line.pop("host_discount_minor", None)
        for name, limit in (("unit_price_minor", 1000), ("quantity_milli", 100_000)):
            if isinstance(line.get(name), int):
                line[name] = line[name] % limit or 1

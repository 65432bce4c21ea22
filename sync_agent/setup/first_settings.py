"""The first ``till.toml`` of a till, checked as any other before it is put in place."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from pydantic import ValidationError

from pos_plugin.config import TillConfig
from pos_plugin.errors import ConfigError
from pos_plugin.storage.connect import replace_file
from pos_plugin.validation import first_error
from printers.place import Place, wrong_place

if TYPE_CHECKING:
    from pathlib import Path

    from printers.place import Way

CENTS: Final = 100
DEFAULT_CAPS_EUR: Final = {
    "voucher_cap": 10,
    "customer_cap": 50,
    "till_cap": 500,
    "gift_cap": 0,
}
_PLACE_OF: Final = {"network": "address", "usb": "address", "serial": "port", "queue": "address"}
_ALONE: Final = ("host", "simulator")

Value = str | int | dict[str, "Value"] | list[dict[str, "Value"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants a till to be.

    Args:
        language: ``de`` or ``en``.
        shop: code of the shop; empty when head office says it.
        till: number of the till.
        url: address of head office; None = the till works alone.
        code: one-time code of head office.
        ca: file with the certificate of the authority that is believed.
        authority: SHA-256 of it as head office said it.
        printer: ``none``, a transport, or ``transport:place``.
        backup: folder for copies of the journal; None = nobody takes any.
        voucher_minor: cap of a voucher offline, in minor units (cents).
        customer_minor: cap of a customer offline, in minor units (cents).
        till_minor: cap of the till offline, in minor units (cents).
        gift_minor: cap of a sold voucher offline, in minor units (cents); 0 = never.
    """

    language: str
    shop: str
    till: str
    url: str | None
    code: str | None
    ca: Path | None
    authority: str | None
    printer: str
    backup: Path | None
    voucher_minor: int
    customer_minor: int
    till_minor: int
    gift_minor: int = 0


def printer_of(text: str) -> dict[str, Value] | None:
    """Return the table of a printer as somebody said it, None for none.

    >>> printer_of("network:192.168.0.50")
    {'name': 'bon', 'transport': 'network', 'address': '192.168.0.50'}

    Raises:
        ValueError: the words say no printer, or a place where none can be.
    """
    transport, _, place = text.partition(":")
    if transport == "none" and not place:
        return None
    if transport in _ALONE and not place:
        return {"name": "bon", "transport": transport}
    if transport in _PLACE_OF and place:
        way = cast("Way", transport)
        wrong = wrong_place(Place(name="bon", transport=way, address=place, port=place))
        if wrong:
            raise ValueError(wrong)
        return {"name": "bon", "transport": transport, _PLACE_OF[transport]: place}
    known = ", ".join(["none", *_ALONE, *(f"{one}:…" for one in _PLACE_OF)])
    raise ValueError(f"{text!r} is none of {known}")


def write_settings(path: Path, wishes: Wishes, *, shop: str) -> None:
    """Write the settings; readable by their owner only.

    Args:
        path: the file, its folder is made where there is none.
        wishes: what the till shall be.
        shop: code of the shop.

    Raises:
        ConfigError: a value cannot be taken; nothing was written.
        ValueError: as ``printer_of``.
    """
    value = _value(wishes, shop)
    try:
        TillConfig.model_validate(value)
    except ValidationError as error:
        raise ConfigError(*first_error(error, value, path.name)) from None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, _toml(value).encode(), mode=0o600 if os.name == "posix" else None)


def _value(wishes: Wishes, shop: str) -> dict[str, Value]:
    value: dict[str, Value] = {"shop": shop, "till": wishes.till, "language": wishes.language}
    if wishes.url is not None:
        value["head_office"] = {"url": wishes.url}
        value["offline"] = {
            "voucher_minor": wishes.voucher_minor,
            "customer_minor": wishes.customer_minor,
            "till_minor": wishes.till_minor,
            "gift_minor": wishes.gift_minor,
        }
    if wishes.backup is not None:
        value["backup"] = {"folder": str(wishes.backup)}
    printer = printer_of(wishes.printer)
    if printer is not None:
        value["printer"] = [printer]
    return value


def _toml(value: dict[str, Value]) -> str:
    """Return the settings as TOML: words first, then tables; JSON words are TOML words."""
    lines = []
    tables = []
    for name, part in value.items():
        if isinstance(part, dict):
            tables.append((f"[{name}]", part))
        elif isinstance(part, list):
            tables += [(f"[[{name}]]", row) for row in part]
        else:
            lines.append(_line(name, part))
    for heading, rows in tables:
        lines += ["", heading, *(_line(name, part) for name, part in rows.items())]
    return "\n".join(lines) + "\n"


def _line(name: str, value: object) -> str:
    # TOML wants the one control character escaped that JSON leaves as it is.
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{name} = {text}"

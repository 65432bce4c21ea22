"""What is known of printer models, as data: one TOML file each (printing.md P23).

A model name is a claim, not proof: how sure we are that paper came out belongs to the unit that was
tested (``printers.levels``), never to its model.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from printers.errors import ProfileInvalid
from printers.limits import FRAGMENT_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path

OWN_FOLDER: Final = "printer-profiles"
"""Folder of a shop's own profiles, beside ``till.toml``."""
_FILE_BYTES_MAX: Final = 64 * 1024
_NAME: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Evidence(_Closed):
    """Why a profile is believed: a maker's document, or a unit that was seen with it.

    Args:
        kind: ``documented``, or ``unit`` after the acceptance sheet of docs/printing.md.
        note: of the document.
        unit: serial number or other mark of the unit.
        firmware: of the unit.
        seen_on: day of the acceptance, ``2026-11-23``.
    """

    kind: Literal["documented", "unit"]
    note: str = ""
    unit: str = ""
    firmware: str = ""
    seen_on: str = ""


class Profile(_Closed):
    """A printer model.

    Args:
        name: of its file.
        model: for people.
        dots: width it prints, a multiple of 8.
        dpi: dots an inch.
        fonts: sizes of its own letters; native text needs ``12x24``.
        cp858_slot: n of ``ESC t n`` for code page 858; without one everything is a picture.
        cut: how it cuts; nothing = it has no cutter, and the paper is fed instead.
        codes: symbologies that it draws by itself.
        fragment_bytes: most bytes of dots it takes in one command.
        status: answers that it is said to give.
        evidence: why this is believed.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    model: Annotated[str, Field(max_length=200)]
    dots: Annotated[int, Field(ge=192, le=832, multiple_of=8)]
    dpi: Annotated[int, Field(ge=100, le=600)] = 203
    fonts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    cp858_slot: Annotated[int, Field(ge=0, le=255)] | None = None
    cut: Annotated[tuple[Literal["full", "partial"], ...], Field(strict=False)] = ()
    codes: Annotated[tuple[Literal["qr", "code128", "ean13"], ...], Field(strict=False)] = ()
    fragment_bytes: Annotated[int, Field(ge=256, le=FRAGMENT_BYTES_MAX)] = FRAGMENT_BYTES_MAX
    status: Annotated[
        tuple[Literal["dle_eot", "asb", "gs_r", "gs_h"], ...], Field(strict=False)
    ] = ()
    evidence: Evidence

    @property
    def has_native_text(self) -> bool:
        """Whether text can go as characters."""
        return self.cp858_slot is not None and "12x24" in self.fonts


def shipped() -> list[str]:
    """Return the names of the profiles that come with the product."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in files(__package__).iterdir()
        if entry.name.endswith(".toml")
    )


def generic(dots: int) -> Profile:
    """Return the profile that claims nothing, for paper of this width in dots."""
    found = read_profile("generic-58" if dots <= 384 else "generic-80")
    return found.model_copy(update={"dots": dots})


def read_profile(name: str, folder: Path | None = None) -> Profile:
    """Return a profile; the shop's own wins over a shipped one of the same name.

    Args:
        name: of the file without its ending.
        folder: of the shop's own profiles.

    Raises:
        ProfileInvalid: there is none, or it cannot be believed; its text names the place.
    """
    own = folder / f"{name}.toml" if folder is not None else None
    try:
        if own is not None and own.is_file():
            with own.open("rb") as file:
                content = file.read(_FILE_BYTES_MAX + 1)
        elif name in shipped():
            content = files(__package__).joinpath(f"{name}.toml").read_bytes()
        else:
            raise ProfileInvalid(name, f"there is no such profile; shipped: {', '.join(shipped())}")
    except OSError as fault:
        raise ProfileInvalid(name, f"cannot be read: {fault.strerror}") from None
    if len(content) > _FILE_BYTES_MAX:
        raise ProfileInvalid(name, f"is larger than {_FILE_BYTES_MAX} bytes")
    try:
        return Profile.model_validate({"name": name, **tomllib.loads(content.decode())})
    except (ValueError, RecursionError) as fault:
        raise ProfileInvalid(name, _said(fault)) from None


def _said(fault: Exception) -> str:
    if not isinstance(fault, ValidationError):
        return f"not valid TOML: {fault}"
    first = fault.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"

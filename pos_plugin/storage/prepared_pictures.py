"""Which dots a picture of head office became: a note beside them in ``blobs/``.

Head office names a picture by the hash of the file it was given. The agent makes dots of it for
the paper of this till, and its note says which; the till itself never opens a picture of others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from pos_plugin.storage.connect import replace_file

if TYPE_CHECKING:
    from pathlib import Path

Purpose = Literal["cover", "logo"]

_NAME = re.compile("[0-9a-f]{64}")
_NOTE = re.compile("([0-9a-f]{64}|refused) ([1-9][0-9]{0,4})")
_REFUSED = "refused"


class Prepared(NamedTuple):
    """What became of a picture.

    Args:
        blob: SHA-256 of the PBM file in ``blobs/``; None = it is no picture that can be printed.
        page_dots: width of the paper it was made ready for.
    """

    blob: str | None
    page_dots: int


def read_prepared(data_dir: Path, source: str, purpose: Purpose) -> Prepared | None:
    """Return what became of a picture; None while nobody has made it ready.

    Args:
        data_dir: data folder of the till.
        source: SHA-256 by which head office names it.
        purpose: what it is on paper.
    """
    if not _NAME.fullmatch(source):
        return None
    try:
        note = (data_dir / "blobs" / f"{source}.{purpose}").read_bytes()[:100].decode("ascii")
    except (OSError, ValueError):
        return None
    said = _NOTE.fullmatch(note)
    if said is None:
        return None
    return Prepared(None if said[1] == _REFUSED else said[1], int(said[2]))


def write_prepared(data_dir: Path, source: str, purpose: Purpose, prepared: Prepared) -> None:
    """Note what became of a picture; the note appears whole or not at all."""
    note = f"{prepared.blob or _REFUSED} {prepared.page_dots}"
    folder = data_dir / "blobs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(folder / f"{source}.{purpose}", note.encode("ascii"))


def for_paper(data_dir: Path, source: str, purpose: Purpose) -> str:
    """Return the name of the dots of a picture; without a note it is taken for dots itself."""
    prepared = read_prepared(data_dir, source, purpose)
    return source if prepared is None or prepared.blob is None else prepared.blob

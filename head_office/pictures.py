"""Pictures of head office: logos and covers, named by the hash of their file.

A picture is tried here as every till will do it, so nothing is published that none of them prints.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from head_office.errors import LoadError
from head_office.storage import blob
from sync_agent.imports.picture import FILE_BYTES_MAX, cover_pbm
from sync_agent.imports.wrong import WrongCell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from head_office.storage import Database

PICTURES_MAX: Final = 500


class Kept(NamedTuple):
    """A picture that tills can fetch.

    Args:
        name: of the file.
        sha256: what ``layout.logo`` of a voucher type and ``blob`` of a cover say.
        is_new: head office did not have it.
    """

    name: str
    sha256: str
    is_new: bool


def keep_pictures(database: Database, paths: Iterable[Path]) -> list[Kept]:
    """Store pictures, all or none.

    Args:
        database: of head office.
        paths: PNG, JPEG or WebP files of at most 5 MB and 12 megapixels.

    Raises:
        LoadError: naming the file that is none of these.
    """
    contents = [(path.name, _content(path)) for path in paths]
    kept = []
    with database.write() as connection:
        for name, content in contents:
            sha256 = hashlib.sha256(content).hexdigest()
            known = connection.execute(select(blob.c.sha256).where(blob.c.sha256 == sha256))
            is_new = known.one_or_none() is None
            if is_new:
                connection.execute(blob.insert().values(sha256=sha256, content=content))
            kept.append(Kept(name, sha256, is_new))
    return kept


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise LoadError("missing", str(path), f"cannot be read: {fault.strerror}") from None
    try:
        cover_pbm(content)
    except WrongCell:
        raise LoadError(
            "wrong_type", str(path), "is no PNG, JPEG or WebP of at most 5 MB and 12 megapixels"
        ) from None
    return content

"""Pictures of head office: fetched, made ready for this till's paper, refused when they are none.

Laws of this file (printing.md P9):

1. A picture is decoration. Whatever is wrong with it keeps no row, no rule and no sale waiting.
2. What does not have the hash by which it was asked for is not looked at.
3. One that was refused is not fetched again; one that head office does not have yet is.
4. Bounded: as many as stand on vouchers soon, each of at most 5 MB, a few a round.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final

from pos_plugin.storage.blobs import read_blob, write_blob
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.picture_lookup import wanted_pictures
from pos_plugin.storage.prepared_pictures import Prepared, read_prepared, write_prepared
from printers.picture import read_pbm
from sync_agent.errors import HeadOfficeRefused
from sync_agent.imports.picture import FILE_BYTES_MAX, cover_pbm, logo_pbm
from sync_agent.imports.wrong import WrongCell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pos_plugin.storage.prepared_pictures import Purpose
    from sync_agent.client import HeadOfficeClient

COVERS_MAX: Final = 40
"""Covers made ready ahead; a voucher shows the next four titles."""
A_ROUND_MAX: Final = 10
_GOOD: Final = 200
AGAIN_S: Final = 60.0
"""So often head office is asked again for what it did not have."""


class Pictures:
    """The pictures that the rows of this till name.

    Args:
        data_dir: data folder of the till.
        page_dots: width of its paper.
        today: day of the clock, as text.
    """

    def __init__(self, data_dir: Path, *, page_dots: int, today: Callable[[], str]) -> None:
        self._data_dir = data_dir
        self._page_dots = page_dots
        self._today = today
        # SHA-256 of those that are not there yet to when they are asked for again.
        self._again_at_s: dict[str, float] = {}
        self._looked_at: object = None
        self.refused: dict[str, str] = {}
        """SHA-256 of the pictures that are left out to why: ``missing``, ``hash``, ``picture``."""

    def bring(self, client: HeadOfficeClient, *, position: object) -> None:
        """Fetch and make ready what is wanted and not there; a few a call.

        Args:
            client: to head office.
            position: where the rows of this till stand; as long as it is the same, they are.

        Raises:
            Unreachable: head office does not answer.
            OSError: the disk takes nothing.
            StorageError: the cache cannot be read.
        """
        day = self._today()
        if (position, day) == self._looked_at and not self._again_at_s:
            return
        wanted = self._wanted(day)
        self._again_at_s = {name: at for name, at in self._again_at_s.items() if name in wanted}
        self.refused = {name: why for name, why in self.refused.items() if name in wanted}
        due = [name for name in wanted if self._again_at_s.get(name, 0.0) <= time.monotonic()]
        is_whole = True
        for count, source in enumerate(name for name in due if not self._is_ready(name, wanted)):
            if count == A_ROUND_MAX:
                is_whole = False
                break
            self._fetch(client, source, wanted[source])
        self._looked_at = (position, day) if is_whole else None

    def _wanted(self, day: str) -> dict[str, Purpose]:
        cache = CacheReader.open(self._data_dir)
        if cache is None:
            return {}
        with cache, cache.reading() as connection:
            return wanted_pictures(connection, on=day, covers_max=COVERS_MAX)

    def _is_ready(self, source: str, wanted: dict[str, Purpose]) -> bool:
        prepared = read_prepared(self._data_dir, source, wanted[source])
        if prepared is None and read_blob(self._data_dir, source) is not None:
            return True  # dots that came with the set-up of this till
        if prepared is None or prepared.page_dots != self._page_dots:
            return False
        self._again_at_s.pop(source, None)
        if prepared.blob is None:
            self.refused[source] = "picture"
        return True

    def _fetch(self, client: HeadOfficeClient, source: str, purpose: Purpose) -> None:
        try:
            content = client.blob(source, bytes_max=FILE_BYTES_MAX)
        except HeadOfficeRefused as fault:
            if fault.status == _GOOD:
                self._keep(source, purpose, None)  # larger than any picture may be
            else:
                self._ask_again(source, "missing")
            return
        if hashlib.sha256(content).hexdigest() != source:
            self._ask_again(source, "hash")
            return
        try:
            blob: str | None = write_blob(self._data_dir, self._dots(content, purpose))
        except WrongCell:
            blob = None
        self._keep(source, purpose, blob)

    def _keep(self, source: str, purpose: Purpose, blob: str | None) -> None:
        write_prepared(self._data_dir, source, purpose, Prepared(blob, self._page_dots))
        self._again_at_s.pop(source, None)
        self.refused.pop(source, None)
        if blob is None:
            self.refused[source] = "picture"

    def _ask_again(self, source: str, why: str) -> None:
        self._again_at_s[source] = time.monotonic() + AGAIN_S
        self.refused[source] = why

    def _dots(self, content: bytes, purpose: Purpose) -> bytes:
        if read_pbm(content) is not None:
            return content  # made ready elsewhere
        if purpose == "logo":
            return logo_pbm(content, width_dots=self._page_dots)
        return cover_pbm(content, page_dots=self._page_dots)

"""Asks for the next page of a long log while the one before is applied.

Head office works on a page as long as the till does, and both have a processor of their own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pos_plugin.closing import Closing

if TYPE_CHECKING:
    from concurrent.futures import Future

    from sync_agent.client import HeadOfficeClient
    from sync_agent.protocol.pages import Page


class ReadAhead(Closing):
    """Pages of a log one after the other; a thread of its own from the second page to the last.

    Args:
        client: a connection to head office; stays open.
    """

    def __init__(self, client: HeadOfficeClient) -> None:
        self._client = client
        self._thread: ThreadPoolExecutor | None = None
        self._asked: tuple[str, int, int] | None = None
        self._coming: Future[Page] | None = None

    def page(self, bucket: str, *, after: int, limit: int) -> Page:
        """Return a page, and begin to fetch the one behind it.

        Raises:
            HeadOfficeRefused, Stopped, Unreachable: as the client; the next call asks anew.
        """
        coming, self._coming = self._coming, None
        if coming is not None and self._asked == (bucket, after, limit):
            page = coming.result()
        else:
            page = self._client.changes(bucket, after=after, limit=limit)
        if page.complete:
            self.close()
            return page
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._asked = (bucket, page.checkpoint, limit)
        self._coming = self._thread.submit(
            self._client.changes, bucket, after=page.checkpoint, limit=limit
        )
        return page

    def close(self) -> None:
        """Let the thread go; a page that is on its way is given up when it comes."""
        self._coming = None
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None

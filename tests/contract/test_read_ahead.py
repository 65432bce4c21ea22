"""A long log is read page by page, and the next page is asked for while one is applied."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from head_office_site import ARTICLE, Site
from waiting import until

from sync_agent.client import HeadOfficeClient
from sync_agent.errors import Unreachable
from sync_agent.read_ahead import ReadAhead

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "shop:001"
LIMIT = 3
WITHIN_S = 30


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.load(article=[{**ARTICLE, "sku": f"S{number}"} for number in range(10)])
    return site


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("read-ahead")]


def test_pages_are_those_that_one_would_ask_for_one_by_one(site: Site) -> None:
    token = site.add_till()
    with site.served() as url, HeadOfficeClient(url, token) as client:
        with ReadAhead(client) as ahead:
            after, is_complete = 0, False
            count = 0
            while not is_complete:
                page = ahead.page(BUCKET, after=after, limit=LIMIT)
                assert threads() == ([] if page.complete else ["read-ahead_0"])
                count += len(page.changes)
                after, is_complete = page.checkpoint, page.complete
            # The other requests of the agent go over the same connection.
            again = ahead.page(BUCKET, after=0, limit=LIMIT)
            assert client.head().buckets[BUCKET].head == after
            assert ahead.page(BUCKET, after=0, limit=LIMIT) == again
        assert again == client.changes(BUCKET, after=0, limit=LIMIT)
    assert count == 10
    assert threads() == []


def test_next_page_is_here_before_it_is_asked_for_and_no_other(site: Site) -> None:
    token = site.add_till()
    with site.served() as url:
        client = HeadOfficeClient(url, token, request_s=5)
        ahead = ReadAhead(client)
        first = ahead.page(BUCKET, after=0, limit=LIMIT)
        coming = ahead._coming
        assert coming is not None
        until(coming.done, within_s=WITHIN_S, what="the next page comes by itself")
    # Head office is gone.
    with client, ahead:
        second = ahead.page(BUCKET, after=first.checkpoint, limit=LIMIT)
        assert second.after == first.checkpoint
        for _ in range(2):
            with pytest.raises(Unreachable):
                ahead.page(BUCKET, after=second.checkpoint, limit=LIMIT)

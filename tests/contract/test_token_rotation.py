"""A till changes its token by itself, and is cut off by no crash while it does."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from head_office_site import ARTICLE, Site, caller

from pos_plugin.clock import SettableClock, SystemClock
from sync_agent.agent import Agent
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused
from sync_agent.settings import read_settings
from sync_agent.upkeep.token_rotation import rotate_when_due

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(article=[ARTICLE])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        assert agent_round(site) == {}  # counts from here
        yield site


def token_of(site: Site) -> str:
    return str(site.keys()["till_token"])


def is_good(site: Site, token: str) -> bool:
    with caller(site.url, token) as client:
        return client.get("/v1/head").status_code == 200


def agent_round(site: Site, *, days: int = 0) -> dict[str, str]:
    clock = SettableClock(SystemClock().now() + dt.timedelta(days=days))
    with Agent(read_settings(site.till_dir() / "till.toml"), clock) as agent:
        agent.cycle()
        agent.renew_token_when_due()
        agent.cycle()
        return dict(agent.status.problems)


def test_agent_changes_its_token_once_a_month(site: Site) -> None:
    first = token_of(site)
    assert agent_round(site, days=29) == {}
    assert token_of(site) == first
    assert agent_round(site, days=31) == {}
    second = token_of(site)
    assert second != first
    assert not is_good(site, first)
    assert is_good(site, second)
    assert (site.till_dir() / "keys.json").stat().st_mode & 0o077 == 0
    assert agent_round(site, days=60) == {}
    assert token_of(site) == second
    assert agent_round(site, days=62) == {}
    assert token_of(site) not in (first, second)


def test_cut_off_before_it_was_written_the_old_token_counts(site: Site) -> None:
    first = token_of(site)
    with HeadOfficeClient(site.url, first) as client:
        client.new_token("3")  # and then the power goes
    assert agent_round(site) == {}
    assert is_good(site, token_of(site))


def test_cut_off_before_its_first_use_the_new_token_counts(site: Site) -> None:
    at = SystemClock().now() + dt.timedelta(days=31)
    with HeadOfficeClient(site.url, token_of(site)) as client:
        token = rotate_when_due(site.till_dir(), client, till="3", at=at)
    assert token_of(site) == token
    assert agent_round(site, days=31) == {}
    assert token_of(site) == token


def test_used_before_it_is_written_a_cut_would_lock_the_till_out(site: Site) -> None:
    """Negative control: the other order has a moment in which nobody knows a good token."""
    first = token_of(site)
    with HeadOfficeClient(site.url, first) as client:
        token = client.new_token("3")
        assert is_good(site, token)  # used, and then the power goes
    assert agent_round(site) == {"download": "unauthorized"}


def test_a_head_office_that_gives_none_is_asked_once_a_day(site: Site) -> None:
    folder, due_at = site.till_dir(), SystemClock().now() + dt.timedelta(days=31)
    with HeadOfficeClient(site.url, token_of(site)) as client:

        def ask(at: dt.datetime) -> str | None:
            return rotate_when_due(folder, client, till="no-such-till", at=at)

        with pytest.raises(HeadOfficeRefused):
            ask(due_at)
        assert ask(due_at + dt.timedelta(hours=23)) is None
        with pytest.raises(HeadOfficeRefused):
            ask(due_at + dt.timedelta(hours=25))
        # A clock that was in the future does not keep the token for ever.
        with pytest.raises(HeadOfficeRefused):
            ask(due_at - dt.timedelta(days=400))

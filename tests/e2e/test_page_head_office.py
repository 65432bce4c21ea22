"""What the agent knows of head office is said on the page: forked, out of service, old balances."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from page_shop import page_shop, page_url
from served_till import CARD, Served, served

from pos_plugin.agent_word import NAME
from pos_plugin.clock import SystemClock, utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium

FORKED = "Eine andere Kasse benutzt die Nummern dieser."
REVOKED = "Diese Kasse ist bei der Zentrale abgemeldet"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    built = page_shop(tmp_path / "till")
    built.balance("K100", 250)
    with built.config_path.open("a", encoding="utf-8") as file:
        file.write('[head_office]\nurl = "http://127.0.0.1:9"\n')
    with served(built) as till:
        yield till


def agent_says(folder: Path, **status: Any) -> None:
    (folder / NAME).write_text(json.dumps(status), encoding="utf-8")


def test_a_forked_and_a_revoked_till_say_so(page: Page, till: Served, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    page.open(page_url(till))
    page.hides(FORKED, "#notices")
    agent_says(folder, problems={"upload": "fork"})
    page.shows(FORKED, "#notices")
    agent_says(folder, problems={"upload": "revoked", "download": "revoked"})
    page.shows(REVOKED, "#notices")
    page.hides(FORKED, "#notices")


def test_balances_name_their_instant_while_head_office_is_silent(
    page: Page, till: Served, tmp_path: Path
) -> None:
    contact_at = utc_text(SystemClock().now() - dt.timedelta(minutes=5))
    page.open(page_url(till))
    page.scan(CARD)
    page.shows("Anna Bergmann", "#customer")
    page.hides("Guthaben der Zentrale: Stand", "#customer")
    agent_says(tmp_path / "till", contact_at=contact_at, unreachable="no network")
    page.scan(CARD)
    page.shows("Guthaben der Zentrale: Stand", "#customer")

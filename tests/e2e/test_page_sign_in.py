"""The key of the till: asked for once, and a wrong one is said to be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_shop import page_url, served_shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from served_till import Served
    from till_page import Page

pytestmark = pytest.mark.chromium

WRONG = "Der Schlüssel passt nicht zu dieser Kasse."
AWAY = "Dienst antwortet nicht"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    with served_shop(tmp_path / "till") as till:
        yield till


def test_wrong_key_is_said_to_be_wrong_and_the_right_one_opens_the_till(
    page: Page, till: Served, tmp_path: Path
) -> None:
    address, _, token = page_url(till).partition("#")
    page.open(address, at="Schlüssel der Kasse")
    page.focuses("token")
    # The service does answer, and nobody has entered a wrong key yet.
    page.hides(AWAY)
    page.hides(WRONG)
    page.keys("SK-not-this-till\n")
    page.shows(WRONG)
    page.hides(AWAY)
    page.picture(tmp_path / "wrong.png")
    page.focuses("token")
    page.keys(f"{token}\n")
    page.hides("Schlüssel der Kasse")
    page.focuses("code")
    page.shows("alles bei der Zentrale")

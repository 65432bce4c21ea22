"""Who types the address of head office alone into a browser comes to the page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from head_office_site import Site

if TYPE_CHECKING:
    from pathlib import Path


def test_the_address_alone_leads_to_the_page(tmp_path: Path) -> None:
    with Site(tmp_path).served() as url, httpx.Client(base_url=url, trust_env=False) as browser:
        moved = browser.get("/")
        assert (moved.status_code, moved.headers["location"]) == (307, "/office/")
        page = browser.get("/", follow_redirects=True)
        assert page.status_code == 200
        assert "Anmelden" in page.text
        assert browser.get("/nothing").status_code == 404
        assert browser.get("/v1/head").status_code == 401

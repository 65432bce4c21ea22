"""T9, the model case from end to end: a rental comes back, and head office hears who has the paper.

Rental return, one voucher, the notice, the picture with logo, four covers and codes, F8, the event.
Head office and agent are processes, and logo and covers come from head office as PNG files.
Everything but the voucher itself may be missing.
"""

from __future__ import annotations

import datetime as dt
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from head_office_site import Site
from PIL import Image, ImageDraw
from processes import Running, free_port, stammkunde
from sqlalchemy import select
from till_builder import voucher_promotion
from waiting import until

from head_office.storage import till_event
from pos_plugin import Plugin, Receipt, Refusal
from pos_plugin.clock import SystemClock, utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 60
DOTS = 576
TYPE: dict[str, Any] = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "customer_bound": True,
    "effect": {"label": {"de": "2 Filme für 2,- EUR", "en": "2 films for 2.00 EUR"}},
    "conditions": {"text": {"de": "Nur einmal einlösbar.", "en": "Once only."}},
    "validity": {"days": 30},
    "layout": {
        "title": {"de": "Schön, dass Sie da waren!", "en": "Good to see you!"},
        "issuer": {"de": "Videothek Filmpalast", "en": "Filmpalast"},
        "covers": 4,
    },
}
TRIGGER = {
    "event": "rental_returned",
    "voucher_type": "TREUE5",
    "conditions": {"in_segment": {"any_of": ["abc:C"]}},
}
CUSTOMERS = [
    {"id": "K1", "number": "1", "name": "Anna", "home_shop": "001", "segments": ["abc:C"]},
    {"id": "K2", "number": "2", "name": "Bert", "home_shop": "001"},
]


def drawn(size: tuple[int, int], grey: int) -> bytes:
    image = Image.new("L", size, grey)
    ImageDraw.Draw(image).ellipse((10, 10, size[0] - 10, size[1] - 10), fill=255 - grey)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


class Shop:
    """A till of a chain with its printer."""

    def __init__(self, site: Site, *, has_pictures: bool) -> None:
        self.site = site
        self.has_pictures = has_pictures
        self.config = site.till_dir() / "till.toml"

    def sync(self) -> None:
        """Let the agent do one round, as a process."""
        done = stammkunde("agent", "sync-now", "--config", self.config)
        assert done.returncode == 0, done.stdout + done.stderr

    def open(self) -> Plugin:
        return Plugin.open(self.config)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind at head office."""
        with self.site.database() as database, database.read() as connection:
            rows = connection.execute(select(till_event.c.line).where(till_event.c.kind == kind))
            return [json.loads(line)["body"] for (line,) in rows]


def published(site: Site) -> dict[str, str]:
    """Give head office a logo and four covers; what it calls them."""
    folder = site.folder / "pictures"
    folder.mkdir()
    (folder / "logo.png").write_bytes(drawn((400, 120), 0))
    for number in range(4):
        (folder / f"{number}.png").write_bytes(drawn((280, 420), 50 * number))
    files = sorted(folder.iterdir())
    done = stammkunde("head-office", "pictures", "--data", site.data, "--json", *files)
    assert done.returncode == 0, done.stderr
    names: dict[str, str] = json.loads(done.stdout)
    return names


@pytest.fixture(params=[True, False], ids=["with_pictures", "without"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    site = Site(tmp_path)
    site.publish(voucher_promotion())
    pictures = published(site) if request.param else {}
    start = SystemClock().now().date() + dt.timedelta(days=10)
    titles = [
        {
            "title": f"Film Nummer {number}",
            "start_on": (start + dt.timedelta(days=number)).isoformat(),
            "price_minor": None,
            "blob": pictures.get(f"{number}.png"),
        }
        for number in range(4)
    ]
    logo = {"logo": pictures["logo.png"]} if pictures else {}
    kind = {**TYPE, "layout": {**TYPE["layout"], **logo}}
    site.load(voucher_type=[kind], event_trigger=[TRIGGER], customer=CUSTOMERS, cover=titles)
    port = free_port()
    site.url = f"http://127.0.0.1:{port}"
    site.add_till()
    arguments = ("head-office", "serve", "--data", site.data, "--port", port)
    with Running(tmp_path / "head-office.log", *arguments) as server:
        server.says(site.url, within_s=WAIT_S)
        shop = Shop(site, has_pictures=request.param)
        shop.sync()
        yield shop


@pytest.mark.capability("V3", "V4", "V6")
def test_voucher_of_a_rental_return_reaches_hand_and_head_office(shop: Shop) -> None:
    with shop.open() as plugin:
        answer = plugin.rentals.returned(
            {"rental": "B1", "customer": "K1", "articles": [{"sku": "film", "days": 2}]}
        )
        assert isinstance(answer, Receipt)
        (voucher,), (job,) = answer.vouchers, answer.print_jobs
        until(
            lambda: (plugin.prints.job(job) or {}).get("state") == "CONFIRMED",
            within_s=WAIT_S,
            what="the paper",
        )
        (notice,) = plugin.prints.notices()
        end = voucher["code"][-5:]
        assert notice.text("de") == f"Anna, …{end}: Bitte den gedruckten Gutschein überreichen."
        (page,) = plugin.prints.pages(job)
        with Image.open(BytesIO(page)) as image:
            found = {one.text for one in zxingcpp.read_barcodes(image.convert("L"))}
            assert found == {voucher["code"]}
            assert image.width == DOTS
            # Logo and two rows of two covers; each is some hundred rows.
            assert (image.height > 1_400) == shop.has_pictures
            assert not (plugin.prints.job(job) or {}).get("notes")
        plugin.prints.acknowledge(notice.notice_id, cashier="7")
        assert plugin.prints.notices() == []
        assert refused_to(plugin, voucher["code"], "K2") == Refusal.VOUCHER_OTHER_CUSTOMER
        assert refused_to(plugin, voucher["code"], "K1") is None, "the others count"
    shop.sync()
    (closed,) = shop.told("print_closed")
    assert (closed["job"], closed["state"], closed["attempt"]) == (job, "CONFIRMED", 1)
    (handed,) = shop.told("voucher_handed_over")
    assert (handed["job"], handed["cashier"], handed["customer"]) == (job, "7", "K1")


def refused_to(plugin: Plugin, code: str, customer: str) -> str | None:
    """Why a voucher is not taken from a customer; None where it is."""
    evaluation = plugin.sales.evaluate(
        {
            "sale_id": f"S{customer}",
            "at": utc_text(SystemClock().now()),
            "customer": {"id": customer},
            "codes": [{"code": code}],
            "lines": [
                {
                    "line_id": "1",
                    "sku": "film",
                    "quantity_milli": 1000,
                    "unit_price_minor": 250,
                    "vat_rate_bp": 1900,
                }
            ],
        }
    ).to_dict()
    reasons = [one["reason"] for one in evaluation["effects"] if one["kind"] == "rejected"]
    return reasons[0] if reasons else None

"""P9: pictures of head office become dots at the till; what is none costs nothing but itself."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import Site
from PIL import Image
from printing import pbm
from processes import stammkunde
from sqlalchemy import select, update

from head_office.errors import LoadError
from head_office.pictures import keep_pictures
from head_office.storage import blob
from pos_plugin.clock import SystemClock
from pos_plugin.storage.blobs import read_blob, write_blob
from pos_plugin.storage.prepared_pictures import for_paper, read_prepared
from printers.picture import Picture, read_pbms
from sync_agent import pictures
from sync_agent.agent import Agent
from sync_agent.settings import read_settings
from sync_agent.status import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOTIV = {
    "code": "MOTIV5",
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": 500, "label": {"de": "5 EUR", "en": "5 EUR"}},
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
}


def picture(grey: int = 90, *, size: tuple[int, int] = (300, 450), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("L", size, grey).save(file, kind)
    return file.getvalue()


def bomb() -> bytes:
    """12 kB that unpack to 81 megapixels."""
    file = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(file, "PNG")
    return file.getvalue()


def name_of(content: bytes) -> str:
    return sha256(content).hexdigest()


class Chain:
    """A head office with one till, and what it was told to show."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.folder = site.till_dir()

    def keep(self, *contents: bytes) -> None:
        """Store pictures behind the back of every check, as a hostile head office would."""
        with self.site.database() as database, database.write() as connection:
            for content in contents:
                row = {"sha256": name_of(content), "content": content}
                connection.execute(blob.insert().values(row))

    def show(self, *covers: bytes, logo: bytes | None = None) -> None:
        titles = [
            {
                "title": f"Film {number}",
                "start_on": f"2099-01-{number + 1:02}",
                "blob": name_of(one),
            }
            for number, one in enumerate(covers)
        ]
        layout: dict[str, Any] = {"title": {"de": "Danke", "en": "Thank you"}}
        if logo is not None:
            layout["logo"] = name_of(logo)
        self.site.load(cover=titles, voucher_type=[{**MOTIV, "layout": layout}])

    def agent(self) -> Agent:
        return Agent(read_settings(self.folder / "till.toml"), SystemClock())

    def sync(self) -> dict[str, str]:
        """One round of a new agent; what it left out."""
        with self.agent() as agent:
            agent.cycle()
            assert agent.status.problems == {}
            return agent.status.refused_pictures

    def cover(self, content: bytes) -> tuple[Picture, ...]:
        """What the till prints for a cover."""
        found = read_blob(self.folder, for_paper(self.folder, name_of(content), "cover"))
        return () if found is None else read_pbms(found)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    site = Site(tmp_path)
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield Chain(site)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_cover_becomes_dots_for_both_places(chain: Chain, kind: str) -> None:
    file = picture(kind=kind)
    chain.keep(file)
    chain.show(file)
    assert chain.sync() == {}
    assert [(one.width_dots, len(one.rows)) for one in chain.cover(file)] == [
        (280, 420),
        (132, 198),
    ]


def test_a_logo_becomes_dots_no_wider_than_the_paper(chain: Chain) -> None:
    file = picture(0, size=(1_000, 200))
    chain.keep(file)
    chain.show(logo=file)
    assert chain.sync() == {}
    name = for_paper(chain.folder, name_of(file), "logo")
    (dots,) = read_pbms(read_blob(chain.folder, name) or b"")
    assert dots.width_dots == 576


def test_dots_of_head_office_are_taken_as_they_are(chain: Chain) -> None:
    file = pbm([b"\xff"] * 4, width_dots=8)
    chain.keep(file)
    chain.show(file)
    assert chain.sync() == {}
    assert [one.width_dots for one in chain.cover(file)] == [8]


def test_dots_of_the_set_up_are_asked_of_nobody(chain: Chain) -> None:
    dots = pbm([b"\xff"] * 4, width_dots=8)
    chain.show(logo=dots)
    assert chain.sync() == {name_of(dots): "missing"}
    write_blob(chain.folder, dots)
    assert chain.sync() == {}


def test_other_paper_gets_other_dots(chain: Chain) -> None:
    file = picture()
    chain.keep(file)
    chain.show(file)
    chain.sync()
    toml = chain.folder / "till.toml"
    narrow = '[[printer]]\nname = "schmal"\ntransport = "simulator"\ndots = 384\n'
    toml.write_text(toml.read_text("utf-8").partition("[[printer]]")[0] + narrow, "utf-8")
    chain.sync()
    assert [one.width_dots for one in chain.cover(file)] == [184, 84]


@pytest.mark.parametrize(
    "hostile",
    [b"", b"<svg/>", picture()[:200], bomb(), picture(kind="TIFF"), picture() + bytes(5_000_000)],
    ids=["empty", "svg", "cut_off", "bomb", "tiff", "too_large"],
)
def test_a_hostile_picture_costs_nothing_but_itself(chain: Chain, hostile: bytes) -> None:
    good = picture()
    chain.keep(hostile, good)
    chain.show(hostile, good)
    refused = {name_of(hostile): "picture"}
    assert chain.sync() == refused
    assert chain.cover(hostile) == ()
    assert chain.cover(good) != ()
    with chain.site.database() as database, database.write() as connection:
        connection.execute(blob.delete())
    assert chain.sync() == refused, "the next start knows it still, and does not ask"


def test_content_of_another_name_is_not_looked_at(chain: Chain) -> None:
    wanted, other = picture(10), picture(200)
    chain.keep(wanted)
    chain.show(wanted)
    with chain.site.database() as database, database.write() as connection:
        connection.execute(update(blob).values(content=other))
    assert chain.sync() == {name_of(wanted): "hash"}
    assert not (chain.folder / "blobs" / name_of(other)).exists()
    assert read_prepared(chain.folder, name_of(wanted), "cover") is None


def test_a_picture_that_comes_later_is_fetched_then(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = picture()
    chain.show(file)
    with chain.agent() as agent:
        agent.cycle()
        assert agent.status.refused_pictures == {name_of(file): "missing"}
        assert words_of({"refused_pictures": agent.status.refused_pictures}) == ["picture"]
        chain.keep(file)
        agent.cycle()
        assert chain.cover(file) == (), "not before its time"
        monkeypatch.setattr(pictures, "AGAIN_S", 0.0)
        agent._pictures._again_at_s[name_of(file)] = 0.0
        agent.cycle()
        assert agent.status.refused_pictures == {}
    assert chain.cover(file) != ()


def test_no_round_fetches_more_than_a_few_and_none_is_forgotten(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "A_ROUND_MAX", 2)
    files = [picture(grey) for grey in (10, 60, 110, 160, 210)]
    chain.keep(*files)
    chain.show(*files)
    made = []
    with chain.agent() as agent:
        for _ in range(3):
            agent.cycle()
            made.append(sum(bool(chain.cover(file)) for file in files))
    assert made == [2, 4, 5]


def test_head_office_keeps_no_file_that_no_till_prints(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.add_till("3")
    (tmp_path / "good.png").write_bytes(picture())
    (tmp_path / "bad.png").write_bytes(bomb())
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    with site.database() as database, pytest.raises(LoadError) as caught:
        keep_pictures(database, [good, bad])
    assert caught.value.where == str(bad)
    done = stammkunde("head-office", "pictures", "--data", site.data, good, bad)
    assert (done.returncode, "bad.png" in done.stderr) == (2, True)
    for known in ("", "(known)"):
        done = stammkunde("head-office", "pictures", "--data", site.data, good)
        assert done.stdout.split() == [name_of(picture()), "good.png", *known.split()]
    with site.database() as database, database.read() as connection:
        assert connection.execute(select(blob.c.sha256)).scalars().all() == [name_of(picture())]

"""Classes on the owner's page: what is counted, the bounds, and how many stand in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from class_schemes import scheme, scheme_value, share_scheme
from head_office_site import Site
from owner_page import add_people, text_of, visitor

from head_office.storage import class_history
from head_office.web.class_words import bounds, cells, counted

if TYPE_CHECKING:
    from pathlib import Path


def test_classes_show_their_bounds_and_how_many_stand_in_each(tmp_path: Path) -> None:
    site = Site(tmp_path)
    later = scheme_value(revision=2, since_on="2099-01-01")
    site.load(abc_scheme=[scheme_value(), later])
    add_people(site, "vera")
    with site.database() as database, database.write() as connection:
        for number, (code, until_on) in enumerate(
            [("A", None), ("A", None), ("A", "2026-02-01"), ("none", None), ("OLD", None)]
        ):
            connection.execute(
                class_history.insert().values(
                    scheme="abc", customer=f"K{number}", since_on="2026-01-02", until_on=until_on,
                    revision=1, code=code, measured="{}", run_on="2026-03-01",
                )
            )  # fmt: skip
    with site.served() as url, visitor(url, "vera") as viewer:
        said = text_of(viewer.get("/classes"))
        assert "Gezählt: Ausleihen, letzte 365 Tage. Fassung 1 seit 01.01.2026." in said
        for one in scheme().by_rank:
            words = bounds(one, scheme(), "de")
            assert f"{one.code} {words} {2 if one.code == 'A' else 0}" in said
        assert "OLD steht nicht in dieser Fassung 1" in said
        assert "in keiner Klasse 1" in said
        assert "Fassung 2 gilt ab 01.01.2099." in said
        viewer.post("/language", language="en")
        assert "Counted: rentals, last 365 days." in text_of(viewer.get("/classes"))


@pytest.mark.parametrize(
    ("metrics", "combine", "bound", "german", "english"),
    [
        (["visits"], "all", {"count_min": 5}, "ab 5 Besuche", "from 5 visits on"),
        (["visits"], "all", {"count_min": 2, "count_max": 4}, "2 bis 4 Besuche", "2 to 4 visits"),
        (["visits"], "all", {"count_max": 1}, "bis 1 Besuche", "up to 1 visits"),
        (["turnover"], "all", {"turnover_min_minor": 50_000}, "Umsatz ab 500,00 €",
         "turnover from €500.00 on"),
        (["margin"], "all", {"turnover_max_minor": 100}, "Rohertrag unter 1,00 €",
         "margin below €1.00"),
        (["turnover", "rentals"], "any", {"count_min": 3, "turnover_min_minor": 100},
         "ab 3 Ausleihen oder Umsatz ab 1,00 €", "from 3 rentals on or turnover from €1.00 on"),
    ],
)  # fmt: skip
def test_bounds_are_said_in_words(
    metrics: list[str], combine: str, bound: dict[str, int], german: str, english: str
) -> None:
    one = scheme(metrics=metrics, combine=combine, classes=[{"code": "A", "rank": 1, **bound}])
    assert bounds(one.classes[0], one, "de") == german
    assert bounds(one.classes[0], one, "en") == english


def test_shares_and_matrices_are_said_in_words() -> None:
    share = share_scheme()
    assert bounds(share.by_rank[0], share, "de") == "die Besten bis 80 % des Ganzen"
    calendar = scheme(window={"kind": "calendar_year"})
    assert counted(calendar, "de") == "Ausleihen, seit dem 1. Januar"
    months = scheme(window={"kind": "months", "months": 12})
    assert counted(months, "en") == "rentals, last 12 months"
    assert cells(share, "de") == []
    matrix = scheme(
        metrics=["turnover", "visits"],
        method="matrix",
        combine="matrix",
        classes=[
            {"code": "A", "rank": 1, "count_min": 5, "turnover_min_minor": 100},
            {"code": "B", "rank": 2, "count_max": 4, "turnover_max_minor": 100},
        ],
        cells=[{"count": "A", "turnover": "B", "class": "B"}],
    )
    assert cells(matrix, "de") == ["Besuche A + Umsatz B = B"]
    assert bounds(matrix.by_rank[0], matrix, "de") == "ab 5 Besuche, Umsatz ab 1,00 €"

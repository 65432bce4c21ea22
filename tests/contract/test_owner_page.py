"""The owner's page by plain HTTP: from an empty form to rules that a till gets, and back."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from owner_page import add_people, text_of, visitor
from till_events import batch, sale_event
from waiting import until

from head_office.intake import events
from head_office.promotions import preview, timeline
from head_office.segments import Bits
from head_office.storage import till as till_table
from head_office.till.status import take_report
from head_office.web.today import SILENT
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SettableClock, utc_text
from pos_plugin.config import read_config
from pos_plugin.promotions.promotion import Promotion
from sync_agent.agent import Agent
from sync_agent.protocol.messages import StatusReport
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from owner_page import Visitor

SATURDAYS = {
    "label_de": "Samstags 20 % auf Hosen",
    "label_en": "20% off trousers",
    "percent": "20",
    "on_categories": "hosen",
    "weekdays": "6",
    "who": "all",
}
POINTS = "/promotions/new/points"
GOLDEN = Path(__file__).parents[1] / "golden/promotions"
HALF = {"label_de": "Halber Preis", "percent": "50", "who": "all"}
DEEP = {"label_de": "Alles 40 %", "by": "value", "unit": "percent", "step1_from": "0",
        "step1_gives": "40", "who": "all"}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(article=[ARTICLE | {"categories": ["hosen"]}])
    add_people(site, "olga")
    with site.served() as url:
        site.url = url
        yield site


@pytest.fixture
def owner(site: Site) -> Iterator[Visitor]:
    with visitor(site.url, "olga") as owner:
        yield owner


def active(site: Site) -> dict[str, dict[str, Any]]:
    with site.database() as database, database.read() as connection:
        now = site.clock.now()
        stages = timeline.stages(connection, now=now)
    return stages[0].promotions if stages and stages[0].activate_at <= now else {}


def write(owner: Visitor, form: str, fields: dict[str, Any]) -> str:
    """Write a draft and return its id."""
    answer = owner.post(f"/promotions/save/{form}", **fields)
    assert answer.status_code == 200, text_of(answer)
    return answer.url.params["id"]


def approve(owner: Visitor, promotion_id: str) -> None:
    version = version_on(owner.get(f"/promotion?id={promotion_id}"))
    answer = owner.post("/promotion/approve", id=promotion_id, version=version)
    assert "Freigegeben" in text_of(answer)


def version_on(page: httpx.Response) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found is not None
    return found[1]


def ticked(page: httpx.Response) -> list[str]:
    return re.findall(r'name="promotion" value="([^"]+)"', page.text)


def publish(owner: Visitor, **fields: Any) -> httpx.Response:
    codes = ticked(owner.get("/publish"))
    return owner.post("/publish", **({"promotion": codes, "when": "now"} | fields))


def test_a_form_becomes_rules_of_a_till(site: Site, owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    assert promotion_id == "SAMSTAGS-20-AUF-HOSEN"
    page = text_of(owner.last)
    assert "20 % Rabatt auf alle Teile aus Warengruppe hosen." in page
    assert "Unbefristet, samstags." in page
    assert active(site) == {}
    approve(owner, promotion_id)
    assert active(site) == {}
    assert "Veröffentlicht als Stand 1, gilt ab sofort." in text_of(publish(owner))
    assert active(site)[promotion_id]["label"]["de"] == SATURDAYS["label_de"]


def test_a_till_takes_what_the_page_published(site: Site, owner: Visitor) -> None:
    approve(owner, write(owner, "percent", SATURDAYS | {"weekdays": ""}))
    publish(owner)
    site.add_till("3")
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()
        assert agent.status.problems == {}
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
    sale = {"sale_id": "S1", "at": utc_text(site.clock.now()), "lines": [line]}
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        priced = plugin.sales.evaluate(sale).to_dict()
    assert (priced["generation"], priced["total_minor"]) == (1, 6399)


def test_an_account_is_chosen_by_its_name(site: Site, owner: Visitor) -> None:
    site.load(program=[{"code": "treue", "unit": "POINTS"}, {"code": "geld", "unit": "EUR_MINOR"}])
    options = re.findall(r'<option value="(\w+)"( selected)?>(\w+)<', owner.get(POINTS).text)
    assert options[:2] == [("geld", " selected", "Bonus"), ("treue", "", "Punkte")]
    fields = {"label_de": "Punkte", "number": "2", "way": "unit", "who": "card"}
    gone = write(owner, "points", fields | {"account": "alt"})
    assert '<option value="alt" selected>alt<' in owner.get(f"/promotion/edit?id={gone}").text
    there = write(owner, "points", fields | {"account": "treue"})
    assert "Jedes Teil bringt 2 Punkte." in text_of(owner.get(f"/promotion?id={there}"))


def test_what_was_typed_wrong_is_said_and_kept(owner: Visitor) -> None:
    answer = owner.post("/promotions/save/percent", **(SATURDAYS | {"percent": "zwanzig"}))
    assert answer.status_code == 422
    assert "Bitte eine Zahl wie 12 oder 12,50" in answer.text
    assert 'value="zwanzig"' in answer.text
    assert 'value="hosen"' in answer.text


def test_a_wrong_rule_of_an_expert_names_the_place(owner: Visitor) -> None:
    rule = PERCENT_20 | {"offer": {"kind": "unit_discount", "benefit": {"type": "percent"}}}
    answer = owner.post("/promotions/save/expert", json=json.dumps(rule))
    assert answer.status_code == 422
    assert "Stelle: offer.benefit.bp. Hier fehlt eine Angabe. (Field required)" in text_of(answer)
    for text in ("{", "[]", "7", '{"id": 7}', "x" * 100):
        assert owner.post("/promotions/save/expert", json=text).status_code == 422, text


def test_the_form_for_experts_takes_every_word_of_the_vocabulary(
    site: Site, owner: Visitor
) -> None:
    """Every word has a golden case: ``tests/house/test_vocabulary.py``."""
    written: dict[str, dict[str, Any]] = {}
    for path in sorted(GOLDEN.glob("*.json")):
        golden = json.loads(path.read_text(encoding="utf-8"))
        for number, rule in enumerate(golden["promotions"]):
            mine = rule | {"id": f"{golden['word']}-{number}".upper(), "label": {"de": "Aktion"}}
            answer = owner.post("/promotions/save/expert", json=json.dumps(mine))
            assert answer.status_code == 200, (path.name, text_of(answer))
            written[mine["id"]] = mine
    for promotion_id in written:
        owner.post("/promotion/approve", id=promotion_id, version="1")
    publish(owner, confirm="1")
    assert set(active(site)) == set(written)
    for promotion_id, rule in written.items():
        assert Promotion.model_validate(active(site)[promotion_id]) == Promotion.model_validate(
            rule
        )


def test_words_follow_while_it_is_typed(owner: Visitor) -> None:
    answer = owner.post("/promotions/read-back/percent", **(SATURDAYS | {"percent": "7,5"}))
    assert "7,5 % Rabatt auf alle Teile aus Warengruppe hosen." in answer.text
    assert "<main" not in answer.text


def test_a_promotion_opens_in_the_form_that_wrote_it(owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    answer = owner.get(f"/promotion/edit?id={promotion_id}")
    assert "/promotions/save/percent" in answer.text
    assert 'value="6" checked' in answer.text
    rule = PERCENT_20 | {"id": "FACH", "limits": {"max_discount_minor": 500}}
    owner.post("/promotions/save/expert", json=json.dumps(rule))
    assert "/promotions/save/expert" in owner.get("/promotion/edit?id=FACH").text


def test_two_who_write_at_once_do_not_write_over_each_other(site: Site, owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    add_people(site, "emil")
    with visitor(site.url, "emil") as editor:
        changed = SATURDAYS | {"id": promotion_id, "version": "1"}
        answer = editor.post("/promotions/save/percent", **(changed | {"percent": "25"}))
        assert answer.status_code == 200
        answer = owner.post("/promotions/save/percent", **(changed | {"percent": "30"}))
    assert answer.status_code == 409
    assert "inzwischen geändert" in answer.text
    assert "25 %" in text_of(owner.get(f"/promotion?id={promotion_id}"))


def test_only_what_was_seen_is_approved(site: Site, owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    add_people(site, "emil")
    with visitor(site.url, "emil") as editor:
        changed = SATURDAYS | {"id": promotion_id, "version": "1", "percent": "90"}
        assert editor.post("/promotions/save/percent", **changed).status_code == 200
    answer = owner.post("/promotion/approve", id=promotion_id, version="1")
    assert "Nicht geschehen" in text_of(answer)


def test_what_was_approved_and_changed_is_not_published(owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    approve(owner, promotion_id)
    codes = ticked(owner.get("/publish"))
    owner.post(
        "/promotions/save/percent",
        **(SATURDAYS | {"id": promotion_id, "version": "2", "percent": "90"}),
    )
    answer = owner.post("/publish", promotion=codes, when="now")
    assert answer.status_code == 409


def test_a_fall_too_deep_is_asked_about_first(site: Site, owner: Visitor) -> None:
    for form, fields in (("percent", HALF), ("tiers", DEEP)):
        approve(owner, write(owner, form, fields))
    answer = publish(owner)
    assert answer.status_code == 409
    assert "senken zusammen den Preis eines Teils um 70 %" in text_of(answer)
    assert "Beispiel-Einkauf" in answer.text
    assert active(site) == {}
    assert "Veröffentlicht" in text_of(publish(owner, confirm="1"))
    assert set(active(site)) == {"HALBER-PREIS", "ALLES-40"}


def test_findings_are_said_in_words_with_a_basket(owner: Visitor) -> None:
    approve(owner, write(owner, "percent", SATURDAYS | {"on_categories": "hossen"}))
    owner.post("/checks")
    path = owner.last.url.path.removeprefix("/office")
    until(lambda: "<progress" not in owner.get(path).text, within_s=60, what="the check ends")
    said = text_of(owner.last)
    assert "Kein Artikel Ihres Sortiments passt. Ist die Warengruppe richtig geschrieben?" in said
    assert "Beispiel-Einkauf" in said


def test_a_paused_promotion_comes_back_as_it_was(site: Site, owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    approve(owner, promotion_id)
    publish(owner)
    before = active(site)
    answer = owner.post("/promotion/pause", id=promotion_id)
    assert "angehalten" in text_of(answer)
    assert active(site) == {}
    assert "Angehalten" in text_of(owner.get("/promotions"))
    approve(owner, promotion_id)
    publish(owner)
    assert active(site) == before


def test_a_published_promotion_is_changed_by_a_higher_revision(site: Site, owner: Visitor) -> None:
    promotion_id = write(owner, "percent", SATURDAYS)
    approve(owner, promotion_id)
    publish(owner)
    write(owner, "percent", SATURDAYS | {"id": promotion_id, "version": "0", "percent": "25"})
    page = text_of(owner.get(f"/promotion?id={promotion_id}"))
    assert "25 % Rabatt" in page
    assert "Bisher gilt in den Kassen" in page
    approve(owner, promotion_id)
    publish(owner)
    assert active(site)[promotion_id]["revision"] == 2


def test_publishing_for_today_keeps_what_is_planned(site: Site, owner: Visitor) -> None:
    later_on = (site.clock.now() + dt.timedelta(days=3)).date().isoformat()
    later = write(owner, "percent", SATURDAYS)
    approve(owner, later)
    assert "gilt ab" in text_of(publish(owner, when="later", day=later_on, time="08:00"))
    assert active(site) == {}
    assert "Geplant ab" in text_of(owner.get("/promotions"))
    now = write(owner, "percent", SATURDAYS | {"label_de": "Gleich"})
    approve(owner, now)
    publish(owner)
    with site.database() as database, database.read() as connection:
        stages = timeline.stages(connection, now=site.clock.now())
    assert [set(stage.promotions) for stage in stages] == [{now}, {later, now}]
    assert stages[1].activate_at.astimezone().strftime("%Y-%m-%d %H:%M") == f"{later_on} 08:00"


def test_the_moment_of_publishing_is_said_in_words(owner: Visitor) -> None:
    said = owner.get("/publish/moment?day=2026-11-28&time=09:30").text
    assert "<strong>Samstag, 28.11.2026, 09:30 Uhr</strong>" in said
    for odd in ("", "?day=28.11.", "?day=2026-11-28&time=x", "?day=%00"):
        assert "<strong>" not in owner.get(f"/publish/moment{odd}").text


def test_a_till_that_never_made_a_backup_is_asked_about(site: Site, owner: Visitor) -> None:
    site.add_till("3")
    with site.database() as database:
        report = StatusReport(version="9.9")
        take_report(database, "3", report, now_text=utc_text(site.clock.now()))
        assert "Sicherung" not in text_of(owner.get("/"))
        long_ago = utc_text(site.clock.now() - SILENT)
        with database.write() as connection:
            connection.execute(till_table.update().values(created_at=long_ago))
    assert "Kasse 3 hat seit Tagen keine Sicherung gemacht" in text_of(owner.get("/"))


def test_a_day_beside_at_once_is_asked_about(site: Site, owner: Visitor) -> None:
    approve(owner, write(owner, "percent", SATURDAYS))
    answer = publish(owner, day="2099-01-01")
    assert (answer.status_code, "gewählt ist aber „Sofort“" in text_of(answer)) == (422, True)
    assert active(site) == {}


def test_going_back_makes_the_older_rules_hold(site: Site, owner: Visitor) -> None:
    for label in ("Erste", "Zweite"):
        approve(owner, write(owner, "percent", SATURDAYS | {"label_de": label}))
        publish(owner)
    assert set(active(site)) == {"ERSTE", "ZWEITE"}
    answer = owner.post("/history/go-back", generation="1")
    assert "Es gilt wieder, was in Stand 1 stand (jetzt Stand 3)." in text_of(answer)
    assert set(active(site)) == {"ERSTE"}
    assert "Nicht geschehen" in text_of(owner.post("/history/go-back", generation="99"))


def test_english_is_one_click_away(owner: Visitor) -> None:
    write(owner, "percent", SATURDAYS)
    owner.post("/language", language="en")
    said = text_of(owner.get("/promotions"))
    assert "20% off every piece of product group hosen." in said
    assert 'lang="en"' in owner.last.text


def test_the_language_changes_where_one_is(owner: Visitor) -> None:
    here = "/vouchers?term=a%26b&state=blocked"
    page = owner.get(here)
    back = html.unescape(re.findall(r'name="back" value="([^"]+)"', page.text)[0])
    answer = owner.post("/language", language="en", back=back)
    assert str(answer.url).endswith(f"/office{here}")
    assert "<h1>Vouchers</h1>" in answer.text
    for odd in ("//evil.example", "https://evil.example", "\\evil", "", "@evil.example"):
        owner.client.follow_redirects = False
        answer = owner.post("/language", language="de", back=odd)
        assert answer.headers["location"].startswith("/office/"), odd
        owner.client.follow_redirects = True


def test_the_log_says_who_did_it(owner: Visitor) -> None:
    approve(owner, write(owner, "percent", SATURDAYS))
    publish(owner)
    said = text_of(owner.get("/log"))
    for action in ("hat sich angemeldet", "Entwurf geschrieben", "Aktion freigegeben",
                   "veröffentlicht als Stand"):  # fmt: skip
        assert f"olga {action}" in said


def sell(site: Site, *, pieces: int, days_ago: int, sale_id: str = "") -> None:
    """A receipt of trousers, by a till, at head office."""
    at = site.clock.now() - dt.timedelta(days=days_ago)
    line = {"line_id": "1", "sku": "4711", "quantity_milli": pieces * 1000,
            "unit_price_minor": 7999, "vat_rate_bp": 1900}  # fmt: skip
    sale = {"sale_id": sale_id or f"S{days_ago}", "at": at.isoformat(), "lines": [line]}
    config = read_config(site.till_dir() / "till.toml")
    with Plugin.open(config, clock=SettableClock(at)) as plugin:
        total_minor = plugin.sales.evaluate(sale).to_dict()["total_minor"]
        done = plugin.sales.complete(sale["sale_id"], {"total_minor": total_minor})
        assert done.to_dict()["total_minor"] == total_minor
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()
        assert agent.status.problems == {}


def test_a_preview_says_what_it_would_have_cost(site: Site, owner: Visitor) -> None:
    site.add_till("3")
    sell(site, pieces=2, days_ago=3)
    sell(site, pieces=1, days_ago=60)
    fields = SATURDAYS | {"weekdays": "", "from_on": "2099-01-01"}
    promotion_id = write(owner, "percent", fields)
    path = owner.post("/previews", id=promotion_id).url.path.removeprefix("/office")
    until(lambda: "<progress" not in owner.get(path).text, within_s=90, what="the preview ends")
    said = text_of(owner.last)
    assert "Eigene Bons der letzten 28 Tage: 1." in said
    assert "32,00 € mehr Rabatt als bisher. Geänderte Bons: 1; günstiger: 1; teurer: 0." in said


def test_a_preview_knows_the_groups_of_customers(site: Site) -> None:
    site.load(program=[PROGRAM], customer=[ANNA])
    body = {
        "shop": "001",
        "till": "3",
        "receipt": {"sale_id": "S", "at": "2026-03-07T12:00:00+01:00", "currency": "EUR",
                    "customer": "K1"},
        "lines": [{"line_id": "1", "sku": "4711", "quantity_milli": 1000,
                   "unit_price_minor": 7999, "vat_rate_bp": 1900, "kind": "deposit"}],
    }  # fmt: skip
    with site.database() as database, database.read() as connection:
        sale = preview.sale_of(connection, Bits(connection), body)
        odd = [{}, body | {"lines": 7}, body | {"shop": 7}, body | {"receipt": {}}]
        assert [preview.sale_of(connection, Bits(connection), one) for one in odd] == [None] * 4
    assert sale is not None
    assert sale["customer"]["segments"] == ["abc:C"]
    assert sale["lines"][0]["discountable"] is False


def test_the_report_says_what_a_promotion_did(site: Site, owner: Visitor) -> None:
    approve(owner, write(owner, "percent", SATURDAYS | {"weekdays": "", "label_de": "Hosen"}))
    publish(owner)
    site.add_till("3")
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()
    sell(site, pieces=2, days_ago=0)
    said = text_of(owner.get("/report"))
    assert "Bons: 1 · Umsatz: 127,98 € · Rabatt durch Aktionen: 32,00 €" in said
    assert "Hosen Bons: 1 · Rabatt: 32,00 € · Umsatz dieser Bons: 127,98 €" in said
    assert owner.last.text.count("<rect ") == 8
    long_ago = text_of(owner.get("/report?from=2020-01-01&to=2020-01-07"))
    assert "In dieser Zeit hat keine Aktion gegriffen." in long_ago
    for odd in ("from=x&to=y", "from=2026-03-02&to=2026-03-01", "from=0001-01-01&to=9999-12-31",
                "to=0001-01-01"):  # fmt: skip
        assert owner.get(f"/report?{odd}").status_code == 200


def back_at(site: Site, till: str, take: Callable[[Plugin], object]) -> None:
    """Take something back at a till, and let head office know."""
    with Plugin.open(site.till_dir(till) / "till.toml") as plugin:
        assert isinstance(take(plugin), Receipt)
    with Agent(read_settings(site.till_dir(till) / "till.toml"), site.clock) as agent:
        agent.cycle()
        assert agent.status.problems == {}


@pytest.mark.capability("G8")
def test_what_came_back_is_taken_off_the_report(site: Site, owner: Visitor) -> None:
    approve(owner, write(owner, "percent", SATURDAYS | {"weekdays": "", "label_de": "Hosen"}))
    publish(owner)
    for till in ("3", "4"):
        site.add_till(till)
        with Agent(read_settings(site.till_dir(till) / "till.toml"), site.clock) as agent:
            agent.cycle()
    for sale_id, pieces in (("A", 3), ("B", 1), ("C", 1), ("D", 2)):
        sell(site, pieces=pieces, days_ago=0, sale_id=sale_id)
    whole = text_of(owner.get("/report"))
    assert "Hosen Bons: 4 · Rabatt: 111,99 € · Umsatz dieser Bons: 447,94 €" in whole
    one = {"line_id": "1", "quantity_milli": 1000}
    back_at(site, "3", lambda till: till.sales.void("B", {}))
    back_at(
        site, "3", lambda till: till.sales.return_items("A", {"return_id": "R1", "lines": [one]})
    )
    back_at(
        site, "3", lambda till: till.sales.return_items("C", {"return_id": "R2", "lines": [one]})
    )
    # Another till does not have the sale; the host says what it gave back.
    elsewhere = {"return_id": "R3", "lines": [one | {"refund_minor": 6399}]}
    back_at(site, "4", lambda till: till.sales.return_items("D", elsewhere))
    said = text_of(owner.get("/report"))
    # Left: two of three pieces of A, 31.99 of 47.99, and one of D, 16.00. C was not voided, but
    # nothing of its discount is left.
    assert "Bons: 3 · Umsatz: 191,98 € · Rabatt durch Aktionen: 47,99 €" in said
    assert "Hosen Bons: 2 · Rabatt: 47,99 € · Umsatz dieser Bons: 191,98 €" in said


def test_the_tills_say_how_they_are(site: Site, owner: Visitor) -> None:
    assert "Noch keine Kasse angemeldet." in text_of(owner.get("/tills"))
    site.add_till("3")
    said = text_of(owner.get("/tills"))
    assert "Kasse 3, Filiale 001" in said
    assert "Letzte Meldung nie" in said
    assert "höchstens zu verlieren: 500,00 €" in said
    report = StatusReport(version="9.9", generation=7, waiting_events=1234,
                          backup_at="2026-03-07T12:00:00.000Z",
                          refused_packages={"8": "signature", "9": "unknown_word"})  # fmt: skip
    with site.database() as database:
        take_report(database, "3", report, now_text=utc_text(site.clock.now()))
    approve(owner, write(owner, "percent", SATURDAYS))
    publish(owner)
    said = text_of(owner.get("/tills"))
    for words in (
        "Anderer Stand", "Wartet noch an der Kasse 1.234", "Version 9.9", "07.03.2026",
        "Hat Stand 8 abgelehnt. Die Unterschrift stimmt nicht",
        "Hat Stand 9 abgelehnt. Die Kasse versteht eine Regel nicht",
    ):  # fmt: skip
        assert words in said


def test_a_customer_is_found_and_shown(site: Site, owner: Visitor) -> None:
    site.load(
        program=[PROGRAM],
        customer=[
            ANNA | {"phone": "0171 1234567", "instant_discount_bp": 750},
            {"id": "K2", "number": "2", "name": 'Müller <b>%_\\"', "home_shop": "001"},
            {"id": "K3", "number": "3", "name": "ÖZGÜR WEISS", "home_shop": "001"},
            {"id": "K4", "number": "4", "name": "René Strasser", "home_shop": "001"},
        ],
        card=[{"code": "2900000123457", "customer": "K1"}],
    )
    site.add_till("3")
    with site.database() as database:
        events.take_batch(database, till="3", body=batch(sale_event(1)), now=site.clock.now())
    for term in ("anna", "K1", "Ann", "0171 1234567", "0171/123-4567", "+49 (0)171 1234567"):
        said = text_of(owner.get(f"/customers?{urlencode({'term': term})}"))
        assert "Anna Nummer 1 · Filiale 001" in said, term
        assert "Müller" not in said
    for term in ("müller", "MÜLLER", "Mueller", '%_\\"', "<b>"):
        assert "Müller <b>%_" in text_of(owner.get(f"/customers?{urlencode({'term': term})}"))
    for term in ("özgür", "Özgür", "ÖZGÜR Weiß", "özgür w", "Oezguer", "weiß özg"):
        assert "ÖZGÜR WEISS" in text_of(owner.get(f"/customers?{urlencode({'term': term})}")), term
    for term in ("Straßer", "rene", "STRASSER, René"):
        said = text_of(owner.get(f"/customers?{urlencode({'term': term})}"))
        assert "René Strasser" in said, term
    assert "Müller" not in text_of(owner.get("/customers?term=Moeller"))
    for term in ("", "a", "%%", "__", "x' OR 1=1 --", "segment_bits"):
        assert "Nummer 1" not in text_of(owner.get(f"/customers?{urlencode({'term': term})}"))
    said = text_of(owner.get("/customer?id=K1"))
    for words in ("Punkte 10", "Gruppen Klasse C", "07.03.2026 Punkte gesammelt 10 3",
                  "Hauptkarte gilt", "16,00 € 63,99 €", "7,5 %"):  # fmt: skip
        assert words in said, words
    for odd in ("K9", "", "%", '["K1"]'):
        assert owner.get(f"/customer?{urlencode({'id': odd})}").status_code == 404

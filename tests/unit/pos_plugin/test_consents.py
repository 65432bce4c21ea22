"""What customers agree to at the counter: one word a purpose and channel, withdrawn at once."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import NOON, TillBuilder, points

from pos_plugin import Receipt, Refusal, Refused, SaleError, Scanned
from pos_plugin.loyalty.consents import Word, counting, is_too_young
from pos_plugin.loyalty.credit_limit import LimitMode, Within, check_limit, left_minor

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

GIVEN = {
    "customer": "K1",
    "purpose": "marketing",
    "channel": "email",
    "status": "given",
    "text_id": "WERBUNG",
    "text_revision": 1,
    "form_number": "F-17",
}


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1", birthday_on="1980-02-29")
    return till


def say(plugin: Plugin, request: str, **more: Any) -> Receipt | Refused:
    return plugin.customers.consent({"request_id": request, **GIVEN, **more})


def shown(plugin: Plugin) -> dict[tuple[str, str], tuple[str, int | None]]:
    found = plugin.identify(customer="K1")
    assert isinstance(found, Scanned)
    assert found.panel is not None
    return {
        (one["purpose"], one["channel"]): (one["status"], one["text_revision"])
        for one in found.panel["consents"]
    }


@pytest.mark.capability("K9")
def test_nothing_is_agreed_to_before_it_is_said(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert shown(plugin) == {}
        assert isinstance(say(plugin, "1"), Receipt)
        assert shown(plugin) == {("marketing", "email"): ("given", 1)}
        # Each channel on its own: the one says nothing about the other.
        assert isinstance(say(plugin, "2", channel="sms", status="objected"), Receipt)
        assert shown(plugin)["marketing", "sms"][0] == "objected"
        assert shown(plugin)["marketing", "email"][0] == "given"


@pytest.mark.capability("K9")
def test_withdrawn_offline_counts_here_at_once(till: TillBuilder) -> None:
    till.put(
        "consent",
        customer="K1",
        purpose="marketing",
        channel="email",
        id="W0",
        status="given",
        text_id="WERBUNG",
        text_revision=1,
        captured_at="2026-01-01T00:00:00.000Z",
    )
    with till.open() as plugin:
        assert shown(plugin)["marketing", "email"][0] == "given"
        withdrawn = plugin.customers.consent(
            {
                "request_id": "1",
                "customer": "K1",
                "purpose": "marketing",
                "channel": "email",
                "status": "withdrawn",
            }
        )
        assert isinstance(withdrawn, Receipt)
        assert shown(plugin)["marketing", "email"][0] == "withdrawn"


@pytest.mark.capability("K9")
def test_text_revision_that_was_read_is_kept(till: TillBuilder) -> None:
    with till.open() as plugin:
        say(plugin, "1")
        till.clock.advance(days=1)
        say(plugin, "2", text_revision=2)
        assert shown(plugin)["marketing", "email"] == ("given", 2)
    journal = apsw.Connection(str(till.data_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READWRITE)
    rows = journal.execute("SELECT text_revision, proof_kind, proof_ref FROM consent").fetchall()
    assert rows == [(1, "form_number", "F-17"), (2, "form_number", "F-17")]
    with pytest.raises(apsw.ConstraintError, match="a fact is never changed"):
        journal.execute("UPDATE consent SET status = 'given'")
    journal.close()


@pytest.mark.capability("K9")
def test_earning_never_depends_on_consent(till: TillBuilder) -> None:
    till.program()
    till.rules(points())
    with till.open() as plugin:
        say(plugin, "1", status="objected")
        sale = plugin.begin_sale("S1")
        found = plugin.identify(customer="K1")
        assert isinstance(found, Scanned)
        snapshot = {**sale.snapshot(), "at": till.clock.now().isoformat()}
        snapshot |= {"customer": found.customer}
        snapshot["lines"] = [
            {"line_id": "1", "sku": "x", "quantity_milli": 1000, "unit_price_minor": 5000}
        ]
        answer = plugin.sales.evaluate(snapshot)
        assert not isinstance(answer, Refused)
        assert [(one.account, one.amount) for one in answer.earned] == [("points", 50)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"form_number": None},
        {"signature_sha256": "0" * 64},
        {"text_id": None},
        {"purpose": "everything"},
        {"channel": "all"},
    ],
)
@pytest.mark.capability("K9")
def test_consent_without_proof_or_for_everything_is_none(
    till: TillBuilder, wrong: dict[str, Any]
) -> None:
    with till.open() as plugin, pytest.raises(SaleError):
        say(plugin, "1", **wrong)


@pytest.mark.capability("K5")
def test_no_marketing_consent_below_sixteen(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1", birthday_on="2012-02-29")
    till.clock.set(NOON.replace(year=2028, month=2, day=28))
    with till.open() as plugin:
        assert say(plugin, "1") == Refused(Refusal.CONSENT_TOO_YOUNG)
        assert isinstance(say(plugin, "2", purpose="programme"), Receipt)
        assert isinstance(say(plugin, "3", status="objected"), Receipt)
        till.clock.advance(days=1)  # 29 February 2028: sixteen
        assert isinstance(say(plugin, "1", channel="letter"), Receipt)


@pytest.mark.capability("K5")
@pytest.mark.parametrize(
    ("born_on", "today", "is_young"),
    [
        ("2012-02-29", (2028, 2, 28), True),
        ("2012-02-29", (2028, 2, 29), False),
        ("2012-02-29", (2027, 2, 28), True),
        (None, (2028, 2, 28), False),
    ],
)
def test_age_of_a_leap_day(
    born_on: str | None, today: tuple[int, int, int], *, is_young: bool
) -> None:
    on = NOON.date().replace(*today)
    assert is_too_young(born_on, purpose="marketing", on=on) is is_young
    assert not is_too_young(born_on, purpose="programme", on=on)


YES = Word(id="1", status="given", captured_at="2026-03-07T10:00:00.000Z")
NO = Word(id="2", status="withdrawn", captured_at="2026-03-07T09:00:00.000Z")
BLIND_YES = Word(id="3", status="given", captured_at="2026-03-07T11:00:00.000Z", replaces="1")


@pytest.mark.capability("K9")
def test_withdrawal_wins_in_every_order() -> None:
    for order in permutations((YES, NO, BLIND_YES)):
        counts: Word | None = None
        for word in order:
            counts = counting(counts, word)
        assert counts == NO
    # Who knew of the withdrawal and agrees again has agreed.
    again = Word(id="4", status="given", captured_at="2026-03-07T12:00:00.000Z", replaces="2")
    assert counting(NO, again) == again


def test_the_later_word_alone_would_turn_a_no_into_a_yes() -> None:
    """Negative control: the obvious rule fails the schedule above."""
    latest = max((YES, NO, BLIND_YES), key=lambda word: word.captured_at)
    assert latest.status == "given"


@pytest.mark.capability("K7")
@pytest.mark.parametrize(
    ("mode", "rights", "found"),
    [
        (LimitMode.SHOW, (), Within.EXCEEDED),
        (LimitMode.NEEDS_OVERRIDE, (), Within.REFUSED),
        (LimitMode.NEEDS_OVERRIDE, ("override_limit",), Within.OVERRIDDEN),
        (LimitMode.BLOCK, ("override_limit",), Within.REFUSED),
    ],
)
def test_limit_is_shown_overridden_or_blocks(
    mode: LimitMode, rights: tuple[str, ...], found: Within
) -> None:
    left = left_minor(10_000, 4_000)
    assert left == 6_000
    assert check_limit(left, 6_001, mode=mode, rights=frozenset(rights)) is found
    assert check_limit(left, 6_000, mode=mode, rights=frozenset()) is Within.YES
    assert check_limit(None, 10**9, mode=mode, rights=frozenset()) is Within.YES


@pytest.mark.capability("K7")
def test_limit_lowered_meanwhile_may_be_below_zero() -> None:
    left = left_minor(1_000, 4_000)
    assert left == -3_000
    assert check_limit(left, 1, mode=LimitMode.BLOCK, rights=frozenset()) is Within.REFUSED


@pytest.mark.capability("K7")
def test_panel_shows_what_is_left(till: TillBuilder) -> None:
    till.customer("K1", limit_left_minor=12_300)
    with till.open() as plugin:
        found = plugin.identify(customer="K1")
    assert isinstance(found, Scanned)
    assert found.panel is not None
    assert found.panel["limit_left_minor"] == 12_300

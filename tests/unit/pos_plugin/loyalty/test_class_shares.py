"""Classes by share: every customer in exactly one, whoever moved last and in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from class_schemes import BY_SHARE, share_scheme
from hypothesis import given
from hypothesis import strategies as st
from plain_classes import plain_classes

from pos_plugin.loyalty.class_shares import Shares
from pos_plugin.loyalty.classes import Measured

if TYPE_CHECKING:
    from pos_plugin.loyalty.class_scheme import ClassScheme


@pytest.mark.capability("K11")
def test_share_gives_equal_amounts_by_customer_id() -> None:
    customers = {f"K{number}": Measured(turnover_minor=1_000) for number in range(10)}
    found = Shares(share_scheme()).move(customers)
    assert "".join(found[f"K{number}"] for number in range(10)) == "AAAAAAAABB"


@pytest.mark.capability("K11")
def test_negative_turnover_has_no_share() -> None:
    amounts = {"loss": -5_000, "nothing": 0, "all": 100, "rest": 10}
    customers = {one: Measured(turnover_minor=minor) for one, minor in amounts.items()}
    found = Shares(share_scheme()).move(customers)
    assert found == {"loss": "none", "nothing": "none", "all": "A", "rest": "B"}


def test_only_customer_is_in_the_best_class() -> None:
    assert Shares(share_scheme()).move({"K1": Measured(turnover_minor=1)}) == {"K1": "A"}


def test_two_shares_all_takes_the_worse_and_any_the_better() -> None:
    customers = {
        "K1": Measured(visits=90, turnover_minor=1),
        "K2": Measured(visits=1, turnover_minor=9_000),
    }
    metrics = ["visits", "turnover"]
    either = Shares(share_scheme(metrics=metrics, combine="any"))
    assert either.move(customers) == {"K1": "A", "K2": "A"}
    both = Shares(share_scheme(metrics=metrics, combine="all"))
    assert both.move(customers) == {"K1": "C", "K2": "C"}


def test_only_who_moved_or_was_passed_is_asked_again() -> None:
    shares = Shares(share_scheme())
    shares.move({f"K{number:03}": Measured(turnover_minor=100) for number in range(1_000)})
    found = shares.move({"K999": Measured(turnover_minor=200)})
    # Who was last is first now, and each of the two cuts passes over one customer.
    assert found == {"K999": "A", "K799": "B", "K949": "C"}


MEASURED = st.builds(
    Measured,
    visits=st.integers(0, 60),
    turnover_minor=st.integers(-500, 5_000),
    age_days=st.integers(0, 60),
)
PEOPLE = st.dictionaries(st.text("abc", min_size=1, max_size=3), MEASURED, max_size=12)
SCHEMES = [
    share_scheme(),
    share_scheme(metrics=["visits", "turnover"], age_days_min=10),
    share_scheme(metrics=["turnover", "visits"], combine="any", classes=BY_SHARE[1::-1]),
]


@pytest.mark.capability("K11")
@given(people=PEOPLE, dice=st.randoms(use_true_random=False), which=st.sampled_from(SCHEMES))
def test_every_customer_is_in_one_class_in_any_order(
    people: dict[str, Measured], dice: Any, which: ClassScheme
) -> None:
    shuffled = list(people.items())
    dice.shuffle(shuffled)
    found = Shares(which).move(people)
    assert found == Shares(which).move(dict(shuffled))
    assert found.keys() == people.keys()
    known = {one.code for one in which.classes} | {"none", "new"}
    assert set(found.values()) <= known


@given(days=st.lists(PEOPLE, max_size=8), which=st.sampled_from(SCHEMES))
def test_moves_say_what_counting_everybody_anew_says(
    days: list[dict[str, Measured]], which: ClassScheme
) -> None:
    shares = Shares(which)
    people: dict[str, Measured] = {}
    kept: dict[str, str] = {}
    for moved in days:
        for one, measured in moved.items():
            older = max(measured.age_days, people[one].age_days if one in people else 0)
            people[one] = Measured(
                visits=measured.visits, turnover_minor=measured.turnover_minor, age_days=older
            )
        kept |= shares.move({one: people[one] for one in moved})
        assert kept == plain_classes(which, people)


def test_asking_only_who_moved_would_keep_a_wrong_class() -> None:
    """Negative control: the class of who did not move is another one, too."""
    shares = Shares(share_scheme())
    before = shares.move({"K1": Measured(turnover_minor=900), "K2": Measured(turnover_minor=100)})
    after = shares.move({"K1": Measured(turnover_minor=300)})
    assert (before["K2"], after["K2"]) == ("B", "A")


def test_ties_taken_as_they_come_would_depend_on_the_order() -> None:
    """Negative control: without the id two equal customers swap their classes."""
    people = {"K1": 800, "K2": 100, "K3": 100}

    def by_amount_alone(order: list[str]) -> dict[str, str]:
        grades, before = {}, 0
        for one in sorted(order, key=lambda one: -people[one]):
            grades[one] = "A" if before < 800 else "B" if before < 900 else "C"
            before += people[one]
        return grades

    assert by_amount_alone(["K1", "K2", "K3"]) != by_amount_alone(["K1", "K3", "K2"])

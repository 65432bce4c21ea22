"""One word, one file, one golden case, one paragraph: the vocabulary of promotions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from house import ROOT, findings, sources
from pydantic import BaseModel

from pos_plugin.promotions import benefits, conditions, offers
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.reason_texts import REASON_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

FOLDERS = ("conditions", "offers", "benefits")
GOLDEN = ROOT / "tests" / "golden" / "promotions"
PAGE = ROOT / "docs" / "promotions.md"


def words_of(module: ModuleType) -> dict[str, str]:
    """The words of the models that live in a module, each with the name of its class."""
    found = {}
    for name, model in vars(module).items():
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        for field in ("type", "kind"):
            if field in model.model_fields and model.__module__.startswith(module.__name__):
                (word,) = get_args(model.model_fields[field].annotation)
                found[word] = name
    return found


def vocabulary() -> dict[str, dict[str, str]]:
    return {
        "conditions": words_of(conditions),
        "offers": words_of(offers),
        "benefits": words_of(benefits),
    }


WORDS = sorted(word for words in vocabulary().values() for word in words)


def misnamed(folder: str, files: Iterable[str], words: Iterable[str]) -> Iterator[str]:
    """Files and words that do not belong together; ``all_`` is the file of ``all``."""
    stems = {file.removesuffix("_"): file for file in files}
    for word in sorted(set(words) - set(stems)):
        yield f"{folder}: the word {word!r} needs a file of its own, {folder}/{word}.py"
    for stem in sorted(set(stems) - set(words)):
        yield f"{folder}/{stems[stem]}.py holds no word {stem!r}: name the file like its word"


def test_every_file_is_named_like_its_word() -> None:
    found = []
    for folder, words in vocabulary().items():
        files = sources(f"pos_plugin/promotions/{folder}/*.py")
        stems = [file.path.rsplit("/")[-1].removesuffix(".py") for file in files]
        found += misnamed(folder, [stem for stem in stems if stem != "__init__"], words)
        assert words, f"no word was found in {folder}: the test is blind"
    assert not found, findings(found)


def test_a_misnamed_file_is_seen() -> None:
    assert list(misnamed("offers", ["bundle", "buy"], ["bundle", "buy_get"])) == [
        "offers: the word 'buy_get' needs a file of its own, offers/buy_get.py",
        "offers/buy.py holds no word 'buy': name the file like its word",
    ]


def test_the_words_of_the_schema_are_the_words_of_the_files() -> None:
    from pydantic import TypeAdapter

    schema = json.dumps(TypeAdapter(conditions.AnyCondition).json_schema())
    schema += json.dumps(TypeAdapter(offers.AnyOffer).json_schema())
    found = set(re.findall(r'"const": "(\w+)"', schema))
    assert found == set(WORDS), "give the new word its place in the union of its __init__.py"


def test_every_word_has_a_paragraph() -> None:
    headings = re.findall(r"^### `(\w+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == WORDS, (
        "docs/promotions.md: every word of this build has one heading ### `word` with its rule "
        "and an example in numbers, and no other word has one"
    )


def test_every_word_has_a_golden_case() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == WORDS, (
        "tests/golden/promotions: every word has one <word>.json, and no other word has one"
    )


def differences(case: dict[str, Any]) -> Iterator[str]:
    """Run a golden case and say where the engine answers otherwise."""
    rules = RuleGeneration.from_value(case["promotions"])
    for sale in case["sales"]:
        result = rules.evaluate(sale["sale"]).to_dict()
        got = {
            "total_minor": result["total_minor"],
            "discounts": {one["promotion"]: one["discount_minor"] for one in result["promotions"]},
            "not_applied": {one["promotion"]: one["code"] for one in result["not_applied"]},
            "earned": {one["account"]: one["amount"] for one in result["earned"]},
            "coupons_used": [one["code"] for one in result["coupons_used"]],
            "hints": result["hints"],
        }
        for name, empty in (
            ("not_applied", {}),
            ("earned", {}),
            ("coupons_used", []),
            ("hints", []),
        ):
            sale.setdefault(name, empty)
        for name, value in got.items():
            if value != sale[name]:
                yield f"{case['word']}: {sale['says']} {name}: {value}, not {sale[name]}"
        if not result["optimal"]:
            yield f"{case['word']}: {sale['says']} is not proven"


@pytest.mark.parametrize("word", WORDS)
def test_golden_case_holds(word: str) -> None:
    case = json.loads((GOLDEN / f"{word}.json").read_text(encoding="utf-8"))
    found = list(differences(case))
    assert not found, findings(found)
    assert f'"{word}"' in json.dumps(case["promotions"]), f"the case of {word} does not use it"
    gives = [sale["discounts"] or sale["earned"] for sale in case["sales"]]
    refuses = [sale["not_applied"] for sale in case["sales"]]
    assert any(gives), "show a sale on which the word gives something"
    assert any(refuses) or word in ("percent", "amount_off"), "show a sale on which it does not"


def test_a_wrong_golden_case_is_seen() -> None:
    case = json.loads((GOLDEN / "n_for_m.json").read_text(encoding="utf-8"))
    case["sales"][0]["total_minor"] += 1
    (found,) = differences(case)
    assert "total_minor: 11000, not 11001" in found


def reason_codes() -> set[str]:
    text = "".join(one.text for one in sources("pos_plugin/promotions/**/*.py"))
    codes = set(re.findall(r'Missing\(\s*"(\w+)"', text))
    codes |= set(re.findall(r'"(no_saving|beaten)"', text))  # one of two, by the layer
    codes |= set(re.findall(r'return "(\w+)"', text)) & {"not_started", "ended", "outside_window"}
    assert len(codes) > 15, "the test no longer finds the codes"
    return codes


def test_every_reason_has_both_texts() -> None:
    missing = reason_codes() ^ set(REASON_TEXTS)
    assert not missing, (
        "pos_plugin/promotions/reason_texts.py: a code without a sentence, or the other way round: "
        f"{sorted(missing)}"
    )
    for code, texts in REASON_TEXTS.items():
        assert set(texts) == {"de", "en"}, code
        assert texts["de"] != texts["en"], code
        assert max(map(len, texts.values())) <= 100, f"{code} does not fit two lines"


def test_every_reason_is_explained() -> None:
    codes = reason_codes()
    table = PAGE.read_text(encoding="utf-8").split("## Why a promotion did not apply")[1]
    missing = codes - set(re.findall(r"`(\w+)`", table))
    assert not missing, f"docs/promotions.md does not explain the reasons {sorted(missing)}"

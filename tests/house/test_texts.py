"""Whatever a cashier may read is there in German and in English."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from house import findings, sources

from pos_plugin.notices import NOTICE_TEXTS, REFUSAL_TEXTS, NoticeCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LANGUAGES = ("de", "en")


def missing_texts(codes: Iterable[str], texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Codes without a text, or with texts that name different figures."""
    for code in codes:
        said = texts.get(code, {})
        for language in LANGUAGES:
            text = said.get(language, "")
            if not text.strip():
                yield f"pos_plugin/notices.py: {code} has no text {language!r}: write one sentence"
            elif text.count("\n") > 1 or len(text) > 100:
                yield f"pos_plugin/notices.py: {code} ({language}) does not fit two lines"
        figures = {frozenset(_figures(text)) for text in said.values()}
        if len(figures) > 1:
            yield f"pos_plugin/notices.py: {code} names other figures in each language"


def _figures(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


def test_every_refusal_and_notice_has_both_texts() -> None:
    found = [*missing_texts(Refusal, REFUSAL_TEXTS), *missing_texts(NoticeCode, NOTICE_TEXTS)]
    assert not found, findings(found)
    for table, codes in ((REFUSAL_TEXTS, Refusal), (NOTICE_TEXTS, NoticeCode)):
        assert set(table) == set(codes), "a text belongs to no code: remove it"


def test_missing_and_unequal_texts_are_seen() -> None:
    texts = {
        "a": {"de": "Geht nicht."},
        "b": {"de": "Bis {day}.", "en": "Until then."},
        "c": {"de": "Ja.", "en": "Yes." * 30},
    }
    found = list(missing_texts("abc", texts))
    assert [re.search(r": (\w) ", one)[1] for one in found] == ["a", "b", "c"]


def page_words(text: str) -> dict[str, set[str]]:
    """The keys of each language in the texts of the page."""
    parts = re.split(r"^  (de|en): \{$", text, flags=re.MULTILINE)
    return {
        language: set(re.findall(r"^    (\w+):", part, re.MULTILINE))
        for language, part in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_the_page_speaks_both_languages() -> None:
    (texts,) = sources("pos_plugin/service/page/texts.js")
    words = page_words(texts.text)
    assert len(words["de"]) > 30
    assert words["de"] == words["en"], (
        f"{texts.path}: only one language has {sorted(words['de'] ^ words['en'])}"
    )


def test_a_word_of_one_language_is_seen() -> None:
    words = page_words(
        'x = {\n  de: {\n    a: "1",\n    b: "2",\n  },\n  en: {\n    a: "1",\n  },\n}'
    )
    assert words == {"de": {"a", "b"}, "en": {"a"}}

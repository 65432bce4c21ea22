"""The page docs/troubleshooting.md: what the till says stands in the code, what to do in the page.

``python tests/support/troubleshooting.py --write`` brings the quoted sentences up to date and adds
an empty paragraph for each new code; what to do is written by hand, and a test waits for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pos_plugin.notices import NOTICE_TEXTS, REFUSAL_TEXTS, NoticeCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE = Path(__file__).resolve().parents[2] / "docs" / "troubleshooting.md"
_ENTRY = re.compile(
    r"^### `(\w+)`\n> ([^\n]+)\\\n> ([^\n]+)\n\n(.*?)(?=\n### |\n## |\Z)", re.MULTILINE | re.DOTALL
)


def spoken() -> dict[str, dict[str, Mapping[str, str]]]:
    """Part of the page to code to what the till says in each language."""
    return {
        "Notices": {code.value: NOTICE_TEXTS[code] for code in NoticeCode},
        "Refusals": {code.value: REFUSAL_TEXTS[code] for code in Refusal},
    }


def entries(page: str, part: str) -> dict[str, tuple[str, str, str]]:
    """Code to German sentence, English sentence, and what to do."""
    text = page.partition(f"\n## {part}\n")[2].partition("\n## ")[0]
    return {code: (de, en, what.strip()) for code, de, en, what in _ENTRY.findall(text)}


def wrong(page: str, said: dict[str, dict[str, Mapping[str, str]]]) -> Iterator[str]:
    """What is missing in the page, or says something else than the till."""
    for part, texts in said.items():
        found = entries(page, part)
        for code, text in texts.items():
            if code not in found:
                yield f"{part}: {code} has no paragraph"
                continue
            de, en, what = found[code]
            if (de, en) != (text["de"], text["en"]):
                yield f"{part}: {code} quotes another sentence than the till says"
            if len(what) < 12:
                yield f"{part}: {code} does not say what to do"
        for code in found.keys() - texts.keys():
            yield f"{part}: the till never says {code}"


def written(page: str, said: dict[str, dict[str, Mapping[str, str]]]) -> str:
    """Return the page with the sentences of the code, in the order of the code."""
    head = page.partition("\n## Notices\n")[0]
    for part, texts in said.items():
        found = entries(page, part)
        head += f"\n## {part}\n"
        for code, text in texts.items():
            what = found.get(code, ("", "", ""))[2]
            head += f"\n### `{code}`\n> {text['de']}\\\n> {text['en']}\n\n{what}\n"
    return head


if __name__ == "__main__":
    content = PAGE.read_text(encoding="utf-8")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(written(content, spoken()), encoding="utf-8")
    else:
        sys.exit("\n".join(wrong(content, spoken())))

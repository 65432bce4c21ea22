"""How the tests write values on paper: as a shop in Germany or England does."""

from __future__ import annotations

from pos_plugin.paper_words import PaperWords

GERMAN = PaperWords("de", "EUR")
ENGLISH = PaperWords("en", "EUR")
FORMATS = {"de": GERMAN, "en": ENGLISH}

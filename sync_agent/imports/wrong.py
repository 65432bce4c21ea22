"""What can be wrong with a line of a file, and how a shopkeeper is told.

No sentence repeats what stands in the cell: line and column find it, and a report that is kept or
mailed must not hold a customer's data.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class WrongCode(StrEnum):
    """Closed list of what is wrong in a line."""

    MISSING = "missing"
    NO_NUMBER = "no_number"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    ROUNDED_NUMBER = "rounded_number"
    NO_DATE = "no_date"
    NO_YES_OR_NO = "no_yes_or_no"
    NO_WORD = "no_word"
    NO_PHONE = "no_phone"
    NO_EMAIL = "no_email"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    TWICE = "twice"
    CARD_TAKEN = "card_taken"
    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_TYPE = "unknown_type"
    NO_CODE = "no_code"
    TOO_MANY_SEGMENTS = "too_many_segments"
    HOME_SHOP_STAYS = "home_shop_stays"
    REVISION_STAYS = "revision_stays"
    NO_SCHEME = "no_scheme"
    CELL_COUNT = "cell_count"
    NOT_CSV = "not_csv"
    NOT_JSON = "not_json"
    ENCODING = "encoding"
    UTF_16 = "utf_16"
    CONTROL = "control"
    COLUMN_MISSING = "column_missing"
    COLUMN_TWICE = "column_twice"
    EMPTY = "empty"
    LIMIT = "limit"
    NOT_READABLE = "not_readable"
    SHORT_LIVED = "short_lived"
    PICTURE_MISSING = "picture_missing"
    PICTURE_REFUSED = "picture_refused"


SENTENCES: Final[Mapping[WrongCode, tuple[str, str]]] = {
    WrongCode.MISSING: ("hier muss etwas stehen", "something must stand here"),
    WrongCode.NO_NUMBER: ("ist keine Zahl", "is no number"),
    WrongCode.AMBIGUOUS_NUMBER: (
        "kann zweierlei bedeuten; bitte mit zwei Nachkommastellen schreiben, wie 1234,00",
        "can mean two things; write it with two decimals, like 1234.00",
    ),
    WrongCode.ROUNDED_NUMBER: (
        "hat die Tabellenkalkulation gerundet (4,00638E+12); bitte die Spalte als Text formatieren",
        "was rounded by the spreadsheet (4.00638E+12); format the column as text",
    ),
    WrongCode.NO_DATE: (
        "ist kein Tag; schreiben Sie 31.12.2026 oder 2026-12-31",
        "is no day; write 2026-12-31 or 31.12.2026",
    ),
    WrongCode.NO_YES_OR_NO: ("ist weder ja noch nein", "is neither yes nor no"),
    WrongCode.NO_WORD: ("kennt dieses Wort nicht", "does not know this word"),
    WrongCode.NO_PHONE: ("ist keine Telefonnummer", "is no phone number"),
    WrongCode.NO_EMAIL: ("ist keine E-Mail-Adresse", "is no e-mail address"),
    WrongCode.OUT_OF_RANGE: ("liegt nicht im erlaubten Bereich", "is out of range"),
    WrongCode.TOO_LONG: ("ist zu lang", "is too long"),
    WrongCode.TWICE: ("steht schon in einer Zeile davor", "stands in a line before"),
    WrongCode.CARD_TAKEN: (
        "die Karte gehört schon jemand anderem",
        "the card belongs to somebody else",
    ),
    WrongCode.UNKNOWN_CUSTOMER: ("diesen Kunden gibt es nicht", "there is no such customer"),
    WrongCode.UNKNOWN_TYPE: ("diese Gutscheinart gibt es nicht", "there is no such voucher type"),
    WrongCode.NO_CODE: (
        "ist kein Gutscheincode (Prüfzeichen falsch)",
        "is no voucher code (wrong check symbol)",
    ),
    WrongCode.TOO_MANY_SEGMENTS: ("mehr als 63 Gruppen", "more than 63 segments"),
    WrongCode.HOME_SHOP_STAYS: (
        "die Stammfiliale eines Kunden bleibt, wie sie war",
        "a customer keeps the home shop of the start",
    ),
    WrongCode.REVISION_STAYS: (
        "diese Fassung gibt es schon anders; schreiben Sie eine höhere",
        "this revision is known otherwise; write a higher one",
    ),
    WrongCode.NO_SCHEME: (
        "ist kein Schema: Grenzen fehlen, passen nicht zusammen, oder Klassen überschneiden sich",
        "is no scheme: bounds are missing or contradict each other, or classes overlap",
    ),
    WrongCode.CELL_COUNT: (
        "die Zeile hat mehr oder weniger Zellen als die Kopfzeile",
        "the line has more or fewer cells than the header",
    ),
    WrongCode.NOT_CSV: ("ist keine CSV-Zeile", "is no line of CSV"),
    WrongCode.NOT_JSON: ("ist kein JSON-Objekt", "is no JSON object"),
    WrongCode.ENCODING: (
        "der Text ist weder UTF-8 noch Windows-1252",
        "the text is neither UTF-8 nor Windows-1252",
    ),
    WrongCode.UTF_16: (
        "ist UTF-16 („Unicode-Text“); bitte als „CSV UTF-8“ speichern",
        "is UTF-16 (Unicode text); save it as CSV UTF-8",
    ),
    WrongCode.CONTROL: (
        "enthält ein Steuerzeichen",
        "holds a control character",
    ),
    WrongCode.COLUMN_MISSING: ("diese Spalte fehlt", "this column is missing"),
    WrongCode.COLUMN_TWICE: ("diese Spalte gibt es zweimal", "this column stands twice"),
    WrongCode.EMPTY: ("die Datei ist leer", "the file is empty"),
    WrongCode.LIMIT: ("die Datei ist zu groß", "the file is too large"),
    WrongCode.NOT_READABLE: (
        "die Datei kann nicht gelesen werden oder ist nicht von dieser Art",
        "the file cannot be read, or is of another kind",
    ),
    WrongCode.SHORT_LIVED: (
        (
            "gilt kürzer als drei Jahre ab Jahresende; was bezahlt oder verdient wurde, kann "
            "trotzdem länger gelten (LG Braunschweig 22 O 211/12)"
        ),
        (
            "lives shorter than three years from the end of the year; what was paid for or earned "
            "may be valid longer all the same (LG Braunschweig 22 O 211/12)"
        ),
    ),
    WrongCode.PICTURE_MISSING: ("dieses Bild fehlt im Ordner", "the folder lacks this picture"),
    WrongCode.PICTURE_REFUSED: (
        "ist kein Bild, das genommen wird (PNG oder JPEG, höchstens 8 MB und 24 Millionen Punkte)",
        "is no picture that is taken (PNG or JPEG, at most 8 MB and 24 million pixels)",
    ),
}


class WrongCell(Exception):  # noqa: N818 - an answer, read as a state
    """What stands in a cell cannot be taken.

    Args:
        code: what is wrong.
        column: where, when the reader of the cell does not know it itself.
    """

    def __init__(self, code: WrongCode, column: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.column = column


class WrongLine(NamedTuple):
    """A line that cannot be taken; ``column`` is empty when it is about the whole line."""

    line: int
    column: str
    code: WrongCode

    def to_text(self, language: str) -> str:
        """Return one sentence, German or English."""
        place = f"Zeile {self.line}" if language == "de" else f"line {self.line}"
        column = f", {self.column}" if self.column else ""
        return f"{place}{column}: {SENTENCES[self.code][language != 'de']}"

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the line as plain values."""
        return {
            "line": self.line,
            "column": self.column,
            "code": self.code.value,
            "message": SENTENCES[self.code][language != "de"],
        }


class TableError(InputError):
    """A file, a mapping or a folder that cannot be imported at all."""

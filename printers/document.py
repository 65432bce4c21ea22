"""The printable document: what a voucher says, before anybody decides how its dots lie.

The print job stores this JSON, not bytes: about 2 kB instead of 50 to 110 (printing.md P1 to P5).

Laws of this file:
1. Unknown fields and blocks are refused.
2. Each limit has its own reason.
3. What a customer needs to redeem it (the demanded roles) cannot be missing.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from printers.characters import printable
from printers.codes import Symbology, has_alphabet
from printers.errors import DocumentInvalid, InvalidReason
from printers.limits import (
    BLOCKS_MAX,
    CODES_MAX,
    COLUMN_CELLS_MAX,
    COPY_INDEX_MAX,
    COVERS_MAX,
    DOCUMENT_BYTES_MAX,
    FEED_ROWS_MAX,
    TEXT_CHARACTERS_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


SCHEMA: Final = "stammkunde.document/1"
# What begins like this is refused by every till: test pages and vouchers of training.
TEST_CODE: Final = "SKTEST"


class Role(StrEnum):
    """What a block is for; a voucher without one of these could not be redeemed or trusted."""

    ISSUER = "issuer"
    BENEFIT = "benefit"
    VALID_UNTIL = "valid_until"
    CODE = "code"
    CONDITIONS = "conditions"
    HOLDER = "holder"
    NUMBER = "number"
    LINES = "lines"
    DUE_ON = "due_on"
    SIGNATURE = "signature"
    NO_RECEIPT = "no_receipt"
    TEST_MARK = "test_mark"


_VOUCHER: Final = frozenset(
    {Role.ISSUER, Role.BENEFIT, Role.VALID_UNTIL, Role.CODE, Role.CONDITIONS}
)
DEMANDED: Final[Mapping[str, frozenset[Role]]] = {
    "voucher": _VOUCHER,
    "coupon": _VOUCHER,
    "approval": frozenset(
        {Role.NUMBER, Role.LINES, Role.DUE_ON, Role.CODE, Role.SIGNATURE, Role.NO_RECEIPT}
    ),
    "statement": frozenset({Role.ISSUER, Role.HOLDER}),
    "test_page": frozenset({Role.TEST_MARK}),
}
"""What each kind of paper cannot do without."""
_CODE_ROLES: Final = frozenset({Role.CODE, Role.TEST_MARK})


def _within_text_limit(text: str) -> str:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise PydanticCustomError(
            InvalidReason.TEXT_TOO_LONG.value,
            "{length} characters, at most {limit} are printed",
            {"length": len(text), "limit": TEXT_CHARACTERS_MAX},
        )
    return text


# The limit counts the characters as they came: cleaning must not hide an oversized value.
Text = Annotated[str, AfterValidator(_within_text_limit), AfterValidator(printable)]
CodeContent = Annotated[str, AfterValidator(_within_text_limit)]
Kind = Literal["voucher", "coupon", "approval", "statement", "test_page"]
Align = Literal["left", "center", "right"]


class _Closed(BaseModel):
    # Strict: "1" is no size and true is no number, the same file means the same on every till.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Block(_Closed):
    """``coupon``: of which coupon of a strip it is, from 0; only the till asks for it."""

    coupon: Annotated[int, Field(ge=0, lt=CODES_MAX)] | None = None


class TextBlock(_Block):
    """A paragraph, wrapped at words; ``size`` 2 doubles every dot."""

    type: Literal["text"]
    value: Text
    role: Role | None = Field(default=None, strict=False)
    align: Align = "left"
    size: Annotated[int, Field(ge=1, le=2)] = 1
    bold: bool = False
    inverse: bool = False


class Cell(_Closed):
    """One cell of a columns block; ``width`` in characters of size 1, 0 = the rest of the line."""

    value: Text
    width: Annotated[int, Field(ge=0, le=48)]
    align: Align = "left"


class ColumnsBlock(_Block):
    """1 to 4 cells side by side; each wraps inside its own width."""

    type: Literal["columns"]
    cells: Annotated[tuple[Cell, ...], Field(min_length=1, max_length=COLUMN_CELLS_MAX)] = Field(
        strict=False
    )
    role: Role | None = Field(default=None, strict=False)
    bold: bool = False


class ImageBlock(_Block):
    """A picture by the SHA-256 of its PBM file; decoration, so it may be missing (law 7)."""

    type: Literal["image"]
    asset: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    width_percent: Annotated[int, Field(ge=1, le=100)] = 100
    align: Align = "center"


class CodeBlock(_Block):
    """A code to scan; ``readable`` writes it below for the eye, in groups of four.

    ``auto`` is a QR code. What is too wide for the paper falls to the next symbology
    (:mod:`printers.codes`).
    """

    type: Literal["code"]
    content: CodeContent
    symbology: Symbology = "auto"
    readable: bool = True
    role: Role | None = Field(default=None, strict=False)

    @model_validator(mode="after")
    def _in_alphabet(self) -> CodeBlock:
        if not has_alphabet(self.content, self.symbology):
            raise PydanticCustomError(
                InvalidReason.CODE_ALPHABET.value,
                "QR holds A-Z 0-9 - : / . ?, Code 128 A-Z 0-9 -, EAN-13 thirteen digits with "
                "their check digit; not so: {content}",
                {"content": self.content.encode("unicode_escape").decode()[:60]},
            )
        return self


class Cover(_Closed):
    """A title that comes soon; without its picture the caption stays."""

    title: Text
    info: Text = ""
    asset: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


def _first_covers(covers: tuple[Cover, ...]) -> tuple[Cover, ...]:
    return covers[:COVERS_MAX]


class CoversBlock(_Block):
    """Up to four covers side by side, two in a row; what is more is cut off."""

    type: Literal["covers"]
    items: Annotated[
        tuple[Cover, ...], Field(max_length=100, strict=False), AfterValidator(_first_covers)
    ]


def _says_something(block: TextBlock | ColumnsBlock | CodeBlock) -> bool:
    if isinstance(block, CodeBlock):
        return True  # its alphabet refused the empty content
    if isinstance(block, TextBlock):
        return bool(block.value.strip())
    return any(cell.value.strip() for cell in block.cells)


class RuleBlock(_Block):
    """A line across the page; ``scissors`` stands between coupons to cut apart."""

    type: Literal["rule"]
    style: Literal["solid", "dashed", "scissors"] = "solid"


class FeedBlock(_Block):
    """White space, in dot rows."""

    type: Literal["feed"]
    rows: Annotated[int, Field(ge=0, le=FEED_ROWS_MAX)]


class CutBlock(_Block):
    """The paper is cut here."""

    type: Literal["cut"]
    mode: Literal["full", "partial"] = "partial"


Block = Annotated[
    TextBlock
    | ColumnsBlock
    | ImageBlock
    | CoversBlock
    | CodeBlock
    | RuleBlock
    | FeedBlock
    | CutBlock,
    Field(discriminator="type"),
]


class Document(_Closed):
    """A voucher ready to be laid out; every value is already filled in.

    ``copied_at`` is the shop-local minute of the reprint (``2026-07-30T14:05``): demanded from
    ``copy_index`` 1 on, because laying out asks no clock, and refused on the original.
    ``holder`` is whose paper it is, for the cashier's notice; only blocks are printed.
    ``training`` puts a bar over it; its codes begin with ``SKTEST``, and no other voucher's do.
    """

    schema_name: Literal["stammkunde.document/1"] = Field(alias="schema")
    kind: Kind
    subject_uid: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,64}$")]
    lang: Literal["de", "en"]
    copy_index: Annotated[int, Field(ge=0, le=COPY_INDEX_MAX)] = 0
    copied_at: (
        Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")]
        | None
    ) = None
    training: bool = False
    holder: Text | None = None
    blocks: tuple[Block, ...] = Field(strict=False)

    @model_validator(mode="after")
    def _within_limits(self) -> Document:
        if len(self.blocks) > BLOCKS_MAX:
            raise PydanticCustomError(
                InvalidReason.TOO_MANY_BLOCKS.value,
                "{count} blocks, at most {limit} are printed",
                {"count": len(self.blocks), "limit": BLOCKS_MAX},
            )
        codes = sum(isinstance(block, CodeBlock) for block in self.blocks)
        if codes > CODES_MAX:
            raise PydanticCustomError(
                InvalidReason.TOO_MANY_CODES.value,
                "{count} codes, at most {limit} are printed",
                {"count": codes, "limit": CODES_MAX},
            )
        if (self.copied_at is None) != (self.copy_index == 0):
            raise PydanticCustomError(
                InvalidReason.MISSING.value if self.copy_index else InvalidReason.UNKNOWN_FIELD,
                "copied_at belongs to copies, and only to them",
            )
        is_test = self.training or self.kind == "test_page"
        if any(
            block.content.startswith(TEST_CODE) is not is_test
            for block in self.blocks
            if isinstance(block, CodeBlock)
        ):
            raise PydanticCustomError(
                InvalidReason.TRAINING_CODE.value,
                "codes of training and of test pages begin with {prefix}, and no others do",
                {"prefix": TEST_CODE},
            )
        missing = sorted(DEMANDED[self.kind] - self.roles())
        if missing:
            raise PydanticCustomError(
                InvalidReason.ROLE_MISSING.value,
                "kind {kind} needs a block for: {roles}",
                {"kind": self.kind, "roles": ", ".join(missing)},
            )
        return self

    def roles(self) -> frozenset[Role]:
        """The roles that really say something: a blank text fills none of them."""
        return frozenset(
            block.role
            for block in self.blocks
            if isinstance(block, TextBlock | ColumnsBlock | CodeBlock)
            and block.role is not None
            and (block.role in _CODE_ROLES) == isinstance(block, CodeBlock)
            and _says_something(block)
        )

    def assets(self) -> frozenset[str]:
        """The SHA-256 names (lower-case hex) of all pictures it would like to show."""
        images = {block.asset for block in self.blocks if isinstance(block, ImageBlock)}
        covers = {
            cover.asset
            for block in self.blocks
            if isinstance(block, CoversBlock)
            for cover in block.items
            if cover.asset is not None
        }
        return frozenset(images | covers)

    def next_copy(self, *, copied_at: str) -> Document:
        """The next copy of this document: the same code under the next copy mark.

        Args:
            copied_at: shop-local minute, ``2026-07-30T14:05``.

        Raises:
            DocumentInvalid: it has been copied as often as a copy mark can count.
        """
        values = json.loads(self.to_json())
        values |= {"copy_index": self.copy_index + 1, "copied_at": copied_at}
        return Document.from_dict(values)

    def to_json(self) -> str:
        """The compact JSON that a print job stores; reading it back gives an equal document."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    @classmethod
    def from_json(cls, text: str | bytes, *, customer_bound: bool = False) -> Document:
        """Read a document strictly.

        Args:
            text: JSON, at most 64 kB in UTF-8.
            customer_bound: demand the role ``holder``, too.

        Raises:
            DocumentInvalid: the first thing that is wrong, with its place and reason.
        """
        size_bytes = len(text if isinstance(text, bytes) else text.encode(errors="replace"))
        if size_bytes > DOCUMENT_BYTES_MAX:
            raise DocumentInvalid(
                InvalidReason.DOCUMENT_TOO_LARGE,
                "",
                f"{size_bytes} bytes of JSON, at most {DOCUMENT_BYTES_MAX} are taken",
            )
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DocumentInvalid(InvalidReason.NOT_JSON, "", f"not JSON: {error}") from error
        return cls._from_plain(data, customer_bound=customer_bound)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, customer_bound: bool = False) -> Document:
        """Read a document from plain Python values; the same rules as :meth:`from_json`."""
        document = cls._from_plain(dict(data), customer_bound=customer_bound)
        # The stored form counts, whatever blanks or escapes the source had.
        size_bytes = len(document.to_json().encode())
        if size_bytes > DOCUMENT_BYTES_MAX:
            raise DocumentInvalid(
                InvalidReason.DOCUMENT_TOO_LARGE,
                "",
                f"{size_bytes} bytes of JSON, at most {DOCUMENT_BYTES_MAX} are taken",
            )
        return document

    @classmethod
    def _from_plain(cls, data: object, *, customer_bound: bool) -> Document:
        try:
            document = cls.model_validate(data)
        except ValidationError as error:
            raise _first_invalid(error) from None
        if customer_bound and Role.HOLDER not in document.roles():
            raise DocumentInvalid(
                InvalidReason.ROLE_MISSING, "", "what is bound to a customer names its holder"
            )
        return document


_OWN_REASONS: Final = frozenset(reason.value for reason in InvalidReason)
_REASONS: Final = {
    "extra_forbidden": InvalidReason.UNKNOWN_FIELD,
    "missing": InvalidReason.MISSING,
    "union_tag_not_found": InvalidReason.MISSING,
    "union_tag_invalid": InvalidReason.UNKNOWN_WORD,
    "literal_error": InvalidReason.UNKNOWN_WORD,
    "enum": InvalidReason.UNKNOWN_WORD,
    "greater_than_equal": InvalidReason.OUT_OF_RANGE,
    "less_than_equal": InvalidReason.OUT_OF_RANGE,
    "too_short": InvalidReason.OUT_OF_RANGE,
    "too_long": InvalidReason.OUT_OF_RANGE,
    "string_pattern_mismatch": InvalidReason.OUT_OF_RANGE,
}


def _first_invalid(error: ValidationError) -> DocumentInvalid:
    first = error.errors(include_url=False)[0]
    kind = first["type"]
    reason = (
        InvalidReason(kind)
        if kind in _OWN_REASONS
        else _REASONS.get(kind, InvalidReason.WRONG_TYPE)
    )
    message = first["msg"]
    return DocumentInvalid(reason, _place(first["loc"]), message)


def _place(parts: tuple[int | str, ...]) -> str:
    place = ""
    for position, part in enumerate(parts):
        if isinstance(part, int):
            place += f"[{part}]"
        # pydantic names the chosen block after its index; the reader of the file does not.
        elif position and isinstance(parts[position - 1], int) and position == 2:
            continue
        else:
            place += f".{part}" if place else part
    return place

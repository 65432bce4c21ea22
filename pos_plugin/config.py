"""``till.toml``: which till this is, where its data lies, what hangs on it.

Unknown keys are refused by name: a misspelt setting must not look as if it worked.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pos_plugin.errors import ConfigError
from pos_plugin.limits import MAX_SALE_MINOR, MAX_TEXT
from pos_plugin.validation import first_error

_BYTES_MAX = 1 << 20
# Transports of printing.md that a later version brings; named so that the refusal can say so.
_LATER_TRANSPORTS = frozenset({"network", "serial", "usb", "devfile", "winraw", "queue"})

# A setting that does nothing would look as if it worked.
_NOT_FOR = {
    "host": frozenset({"directory"}),
    "simulator": frozenset({"format", "report_within_s"}),
}

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Discounts = Literal["prorated", "reprice_remaining", "all_or_nothing"]
Cap = Annotated[int, Field(ge=0, le=MAX_SALE_MINOR)]
Budget = Annotated[int, Field(ge=1, le=60_000)]


def _writable_name(path: Path) -> Path:
    if "\0" in str(path):
        raise PydanticCustomError("path_of_nul", "no path holds a NUL character")
    return path


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HeadOffice(_Closed):
    """Where the agent finds head office."""

    url: Annotated[str, Field(pattern="^https?://", max_length=MAX_TEXT)]


class Printer(_Closed):
    """A printer: the host's own, or the simulator.

    Args:
        name: of the printer.
        transport: ``host``: the till prints by itself what it is told; ``simulator``: every page
            is written as a PNG into ``directory`` of the data folder.
        directory: of the simulator.
        format: what the host's driver takes: a picture, lines of text, ESC/POS bytes.
        dots: width of the paper; 384 (58 mm), 512 or 576 (80 mm).
        report_within_s: how long the host may take to report; 0 = it never reports.
    """

    name: Text
    transport: Literal["host", "simulator"]
    directory: Text = "prints"
    format: Literal["png", "text", "escpos"] = "png"
    dots: Literal[384, 512, 576] = 576
    report_within_s: Annotated[int, Field(ge=0, le=3_600)] = 60

    @model_validator(mode="after")
    def _names_what_its_transport_has(self) -> Self:
        strange = _NOT_FOR[self.transport] & self.model_fields_set
        if strange:
            raise PydanticCustomError(
                "not_for_transport",
                "{transport} has no {keys}",
                {"transport": self.transport, "keys": ", ".join(sorted(strange))},
            )
        return self


class Prefix(_Closed):
    """A row of the prefix table: what a scanned code is, first match wins.

    Args:
        kind: what such a code is.
        starts_with: its first characters.
        length: its number of characters, blanks and hyphens removed.
        check: the check digit it must carry.
    """

    kind: Literal["card", "voucher", "article", "approval"]
    starts_with: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    length: Annotated[int, Field(ge=1, le=MAX_TEXT)] | None = None
    check: Literal["none", "ean13", "voucher", "approval"] = "none"


DEFAULT_PREFIXES = (
    Prefix(kind="card", starts_with="29", length=13, check="ean13"),
    Prefix(kind="approval", starts_with="A", check="approval"),
    Prefix(kind="voucher", check="voucher"),
    Prefix(kind="article"),
)


class BudgetMs(_Closed):
    """How long the till waits at most, in milliseconds; then it goes on without us.

    Args:
        scan: a code or a customer.
        evaluate: the price of a sale.
        complete: whatever is booked.
    """

    scan: Budget = 100
    evaluate: Budget = 300
    complete: Budget = 2000


class Returns(_Closed):
    """What becomes of discounts and vouchers when goods come back (docs/returns.md).

    Args:
        discount: what a return gives back of discounted goods.
        promotion: exceptions by promotion id.
        redeemed_voucher: the share of a price-reducing voucher that belongs to goods of a partial
            return: ``stays_used``, or ``reissued`` as a new voucher of the same kind and expiry.
        used_voucher: what becomes of a voucher that the receipt issued and that was used before
            its goods came back: deducted from the refund, left to head office as a debt, or kept.
        restore_grace_days: how long points that had expired meanwhile can be used again.
        goods_credit: code of the voucher type that a refund as goods credit issues.
    """

    discount: Discounts = "prorated"
    promotion: Annotated[dict[Text, Discounts], Field(max_length=1000)] = {}
    redeemed_voucher: Literal["stays_used", "reissued"] = "stays_used"
    used_voucher: Literal["deduct", "debt", "keep"] = "deduct"
    restore_grace_days: Annotated[int, Field(ge=0, le=3_660)] = 14
    goods_credit: Text | None = None


class Offline(_Closed):
    """The most that vouchers may give while head office is not asked, in minor units (cents).

    An offline period ends with an upload. Without a head office this till is the authority, and
    nothing here applies.

    Args:
        voucher_minor: of one voucher, unless its type has a cap of its own.
        customer_minor: to one customer.
        till_minor: at this till.
    """

    voucher_minor: Cap = 1_000
    customer_minor: Cap = 5_000
    till_minor: Cap = 50_000


class Approvals(_Closed):
    """Goods on approval (Auswahl), off by default (docs/approvals.md).

    Args:
        enabled: this till gives goods on approval.
        limit: what happens above the limit of a customer: it is shown, needs a right, or blocks.
        due_days: how long a customer usually has.
        price_guaranteed: what is kept costs no more than at issue, unless the request says so.
    """

    enabled: bool = False
    limit: Literal["show", "needs_override", "block"] = "needs_override"
    due_days: Annotated[int, Field(ge=0, le=366)] = 14
    price_guaranteed: bool = False


class TillConfig(_Closed):
    """The settings of one till."""

    shop: Text
    till: Text
    data_dir: Annotated[Path, Field(strict=False), AfterValidator(_writable_name)] = Path()
    language: Literal["de", "en"] = "de"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    head_office: HeadOffice | None = None
    # Only without head office: with one, the files of the shop go there.
    import_folder: Annotated[Path, Field(strict=False), AfterValidator(_writable_name)] | None = (
        None
    )
    # One printer: choosing among several by role comes with the second one.
    printer: Annotated[tuple[Printer, ...], Field(max_length=1, strict=False)] = ()
    prefix: Annotated[tuple[Prefix, ...], Field(max_length=100, strict=False)] = DEFAULT_PREFIXES
    budget_ms: BudgetMs = BudgetMs()
    offline: Offline = Offline()
    returns: Returns = Returns()
    approvals: Approvals = Approvals()

    @model_validator(mode="after")
    def _imports_alone(self) -> Self:
        if self.import_folder is not None and self.head_office is not None:
            raise PydanticCustomError(
                "imports_alone", "import_folder is for a till without head_office"
            )
        return self


def read_config(path: Path) -> TillConfig:
    """Return the settings of a ``till.toml``; ``data_dir`` is absolute afterwards.

    Raises:
        ConfigError: naming file and place; also when the file cannot be read.
    """
    name = path.name
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES_MAX + 1)
    except OSError as error:
        advice = "`stammkunde head-office init` writes one, docs/import.md has one for a till alone"
        message = f"cannot be read: {path.absolute()}: {error.strerror}; {advice}"
        raise ConfigError("not_toml", name, message) from None
    if len(content) > _BYTES_MAX:
        raise ConfigError("limit", name, f"is larger than {_BYTES_MAX} bytes")
    try:
        value = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigError("not_toml", name, f"not valid TOML: {error}") from None
    _say_not_yet(value, name)
    try:
        config = TillConfig.model_validate(value)
    except ValidationError as error:
        code, place, message = first_error(error, value, name)
        raise ConfigError(code, place, message) from None
    folder = path.parent.absolute()
    import_folder = config.import_folder
    return config.model_copy(
        update={
            "data_dir": folder / config.data_dir,
            "import_folder": folder / import_folder if import_folder is not None else None,
        }
    )


def _say_not_yet(value: dict[str, Any], name: str) -> None:
    printers = value.get("printer")
    for number, printer in enumerate(printers if isinstance(printers, list) else ()):
        transport = printer.get("transport") if isinstance(printer, dict) else None
        if isinstance(transport, str) and transport in _LATER_TRANSPORTS:
            place = f"{name}.printer[{number}].transport"
            raise ConfigError("unknown_word", place, f"{transport!r} is not yet known")

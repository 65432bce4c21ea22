"""``till.toml``: which till this is, where its data lies, what hangs on it.

Unknown keys are refused by name: a misspelt setting must not look as if it worked.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pos_plugin.errors import ConfigError
from pos_plugin.limits import FACTS_MONTHS, MAX_FACTS_MONTHS, MAX_SALE_MINOR, MAX_TEXT
from pos_plugin.text import PlainText, Text
from pos_plugin.validation import first_error
from printers.levels import unit_name
from printers.limits import PAGE_DOTS
from printers.place import Place, wrong_place

_BYTES_MAX = 1 << 20
# A setting that does nothing would look as if it worked: who has which key of [[printer]] besides
# name, role, transport, dots, hold_after_s and fallback, which every printer has.
_LINES = frozenset({"profile", "encoder", "budget_s"})
_HEARD = frozenset({"level_max"}) | _LINES
_KEYS_OF = {
    "host": frozenset({"format", "baud", "report_within_s"}) | _LINES,
    "simulator": frozenset({"directory"}) | _LINES,
    "network": frozenset({"address"}) | _HEARD,
    "serial": frozenset({"port", "baud", "flow"}) | _HEARD,
    "usb": frozenset({"address"}) | _HEARD,
    "devfile": frozenset({"port"}) | _HEARD,
    "winraw": frozenset({"address"}) | _LINES,
    "queue": frozenset({"address"}),
}
_EVERY_KEY = frozenset({"name", "role", "transport", "dots", "hold_after_s", "fallback"})
_NEEDED_OF = {
    "network": "address",
    "serial": "port",
    "usb": "address",
    "devfile": "port",
    "winraw": "address",
    "queue": "address",
}
PRINTERS_MAX = 10
# Beside till.toml: profiles of printers that this shop wrote itself (printers.profiles.OWN_FOLDER).
OWN_PROFILES = "printer-profiles"

Discounts = Literal["prorated", "reprice_remaining", "all_or_nothing"]
Cap = Annotated[int, Field(ge=0, le=MAX_SALE_MINOR)]
Budget = Annotated[int, Field(ge=1, le=60_000)]
Role = Literal["voucher", "slip", "statement"]
Switch = Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9-]{0,63}\.)?[a-z][a-z0-9_]{0,63}$")]
Paper = Literal["voucher", "coupon", "approval", "statement"]


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
    """A printer: the host's own, one that this till drives, or the simulator.

    Args:
        name: of the printer.
        role: which papers it prints; without a word, all for which no other printer is named.
        transport: ``host``: the till prints by itself what it is told; ``simulator``: every page
            is written as a PNG into ``directory`` of the data folder; the others drive a printer.
        directory: of the simulator.
        format: what the host's driver takes: a picture, lines of text, ESC/POS bytes.
        address: ``host:port`` of a network printer, ``vendor:product:serial`` of a USB printer,
            its name in the system's list of printers.
        port: of a serial line or a device file.
        baud: of a serial line; of a host that takes ESC/POS, so that the bytes fit its line.
        flow: how a serial printer says that it is full.
        dots: width of the paper; 384 (58 mm), 512 or 576 (80 mm).
        profile: what the model can do (docs/printing.md); missing = what every model can.
        encoder: printer fonts and codes, one picture, or whichever suits line and model.
        level_max: how far the printer is believed at most, whatever its test found.
        budget_s: how long the bytes of one job may take; beyond it decoration is left out.
        hold_after_s: after so long without paper a job is held: the customer has left; 0 = never.
        report_within_s: how long the host may take to report; 0 = it never reports.
        fallback: name of the printer that may take over what this one has not begun.
    """

    name: PlainText
    role: Role | None = None
    transport: Literal[
        "host", "simulator", "network", "serial", "usb", "devfile", "winraw", "queue"
    ]
    directory: Text = "prints"
    format: Literal["png", "text", "escpos"] = "png"
    address: Text | None = None
    port: Text | None = None
    baud: Literal[9_600, 19_200, 38_400, 57_600, 115_200] | None = None
    flow: Literal["dsr", "rtscts", "xonxoff", "none"] = "dsr"
    dots: Literal[384, 512, 576] = 576
    profile: Text | None = None
    encoder: Literal["auto", "raster", "native"] = "auto"
    level_max: Annotated[int, Field(ge=0, le=3)] = 3
    budget_s: Annotated[int, Field(ge=1, le=600)] = 20
    hold_after_s: Annotated[int, Field(ge=0, le=86_400)] = 900
    report_within_s: Annotated[int, Field(ge=0, le=3_600)] = 60
    fallback: Text | None = None

    @model_validator(mode="after")
    def _names_what_its_transport_has(self) -> Self:
        strange = self.model_fields_set - _EVERY_KEY - _KEYS_OF[self.transport]
        if strange:
            raise PydanticCustomError(
                "not_for_transport",
                "{transport} has no {keys}",
                {"transport": self.transport, "keys": ", ".join(sorted(strange))},
            )
        needed = _NEEDED_OF.get(self.transport)
        if needed is not None and getattr(self, needed) is None:
            raise PydanticCustomError(
                "missing",
                "{transport} needs {key}",
                {"transport": self.transport, "key": needed},
            )
        if self.fallback == self.name:
            raise PydanticCustomError("own_fallback", "a printer is no fallback of its own")
        return self


class Printing(_Closed):
    """What this shop wants of paper.

    Args:
        after_ack: kinds of paper that are printed only when the cashier says so.
        hide: parts of papers that this shop does not want, ``covers`` of all or
            ``rental-voucher.covers`` of one; they stay away whichever version of a template comes.
        logo: picture of the shop for papers whose kind names none; the agent makes it ready.
    """

    after_ack: Annotated[tuple[Paper, ...], Field(max_length=10, strict=False)] = ()
    hide: Annotated[tuple[Switch, ...], Field(max_length=100, strict=False)] = ()
    logo: Annotated[Path, Field(strict=False), AfterValidator(_writable_name)] | None = None

    def hidden(self, template_id: str) -> frozenset[str]:
        """Return the parts of a paper that this shop does not want."""
        split = (name.rpartition(".") for name in self.hide)
        return frozenset(part for of, _, part in split if of in ("", template_id))


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
        gift_minor: of a voucher that somebody paid for (``gift_*``); 0 = never without head office.
    """

    voucher_minor: Cap = 1_000
    customer_minor: Cap = 5_000
    till_minor: Cap = 50_000
    gift_minor: Cap = 0


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


class Fiscal(_Closed):
    """How vouchers are handed to the fiscal record of the host (docs/vouchers.md).

    Args:
        confirmed_on: day on which a tax adviser confirmed the mapping.
        goods_credit: what a goods credit is when it pays; nobody confirmed the default.
    """

    confirmed_on: dt.date | None = None
    goods_credit: Literal[
        "MehrzweckgutscheinEinloesung", "EinzweckgutscheinEinloesung", "Forderungsaufloesung"
    ] = "MehrzweckgutscheinEinloesung"


class Classes(_Closed):
    """Classes of customers, where this till computes them itself (docs/classes.md).

    Args:
        facts_months: so many months receipts and rentals count for classes and their figures.
    """

    facts_months: Annotated[int, Field(ge=1, le=MAX_FACTS_MONTHS)] = FACTS_MONTHS


class Backup(_Closed):
    """Copies of the journal on another disk or a share (docs/operations.md).

    Args:
        folder: where they lie; without it nobody takes any.
        keep: how many stay.
    """

    folder: Annotated[Path, Field(strict=False), AfterValidator(_writable_name)] | None = None
    keep: Annotated[int, Field(ge=1, le=366)] = 7


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
    printer: Annotated[tuple[Printer, ...], Field(max_length=PRINTERS_MAX, strict=False)] = ()
    printing: Printing = Printing()
    prefix: Annotated[tuple[Prefix, ...], Field(max_length=100, strict=False)] = DEFAULT_PREFIXES
    budget_ms: BudgetMs = BudgetMs()
    offline: Offline = Offline()
    returns: Returns = Returns()
    approvals: Approvals = Approvals()
    classes: Classes = Classes()
    fiscal: Fiscal = Fiscal()
    backup: Backup = Backup()

    _profile_folder: Path | None = PrivateAttr(default=None)

    @property
    def profile_folder(self) -> Path | None:
        """Folder of the shop's own printer profiles; None of settings that are no file."""
        return self._profile_folder

    @property
    def paper_dots(self) -> int:
        """Width of the widest paper; pictures are made ready for it."""
        return max((printer.dots for printer in self.printer), default=PAGE_DOTS)

    @model_validator(mode="after")
    def _printers_know_each_other(self) -> Self:
        names = [printer.name for printer in self.printer]
        # Their lock files must differ, also on disks that do not know capitals.
        files = [unit_name(printer=name, facts={}).casefold() for name in names]
        twice = [name for name, file in zip(names, files, strict=True) if files.count(file) > 1]
        if twice:
            raise PydanticCustomError(
                "printer_twice",
                "two printers have the same name or nearly: {names}",
                {"names": ", ".join(twice)},
            )
        for printer in self.printer:
            if printer.fallback is not None and printer.fallback not in names:
                raise PydanticCustomError(
                    "no_such_printer",
                    "{name} falls back on {fallback}, which is no printer of this till",
                    {"name": printer.name, "fallback": printer.fallback},
                )
        return self

    def printer_for(self, role: str) -> Printer | None:
        """Return the printer of a role: its own, else one without a role, else the first."""
        ways = (role, None)
        for wanted in ways:
            for printer in self.printer:
                if printer.role == wanted:
                    return printer
        return self.printer[0] if self.printer else None

    def printer_called(self, name: str | None) -> Printer | None:
        """Return the printer of this name; None where it is not in the settings any more."""
        return next((printer for printer in self.printer if printer.name == name), None)

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
        is_closed = isinstance(error, PermissionError)
        advice = "run this as the till's user" if is_closed else "`stammkunde init` writes one"
        message = f"cannot be read: {path.absolute()}: {error.strerror}; {advice}"
        raise ConfigError("not_toml", name, message) from None
    if len(content) > _BYTES_MAX:
        raise ConfigError("limit", name, f"is larger than {_BYTES_MAX} bytes")
    try:
        value = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigError("not_toml", name, f"not valid TOML: {error}") from None
    try:
        config = TillConfig.model_validate(value)
    except ValidationError as error:
        code, place, message = first_error(error, value, name)
        raise ConfigError(code, place, message) from None
    folder = path.parent.absolute()
    printers = tuple(
        _with_profile(_at_a_place(printer, number, name), number, folder, name)
        for number, printer in enumerate(config.printer)
    )
    import_folder = config.import_folder
    backup = config.backup
    if backup.folder is not None:
        backup = backup.model_copy(update={"folder": folder / backup.folder})
    read = config.model_copy(
        update={
            "data_dir": folder / config.data_dir,
            "printer": printers,
            "printing": _with_folder(config.printing, folder),
            "import_folder": folder / import_folder if import_folder is not None else None,
            "backup": backup,
        }
    )
    read._profile_folder = folder / OWN_PROFILES  # noqa: SLF001 - our own class
    return read


def _with_folder(printing: Printing, folder: Path) -> Printing:
    """Return what the shop wants of paper, its logo as an absolute path."""
    if printing.logo is None:
        return printing
    return printing.model_copy(update={"logo": folder / printing.logo})


def _at_a_place(printer: Printer, number: int, name: str) -> Printer:
    """Return a printer whose place can be one."""
    if printer.transport == "host" or printer.transport == "simulator":  # noqa: PLR1714 - narrows
        return printer
    wrong = wrong_place(
        Place(
            name=printer.name,
            transport=printer.transport,
            address=printer.address or "",
            port=printer.port or "",
        )
    )
    if wrong:
        key = _NEEDED_OF[printer.transport]
        raise ConfigError("out_of_range", f"{name}.printer[{number}].{key}", wrong)
    return printer


def _with_profile(printer: Printer, number: int, folder: Path, name: str) -> Printer:
    """Return a printer with the width of its profile, where it names no other."""
    if printer.profile is None:
        return printer
    from printers.errors import ProfileInvalid
    from printers.profiles import read_profile

    try:
        profile = read_profile(printer.profile, folder / OWN_PROFILES)
    except ProfileInvalid as error:
        place = f"{name}.printer[{number}].profile"
        raise ConfigError("out_of_range", place, str(error)) from None
    if "dots" in printer.model_fields_set:
        return printer
    return printer.model_copy(update={"dots": profile.dots})

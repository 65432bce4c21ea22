"""``stammkunde printer preview``: a template or a document as it will lie on paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from pos_plugin.named_file import written_whole
from pos_plugin.printer_command.asked import (
    AS_JSON,
    DOCUMENT_INVALID,
    NOT_READY,
    echo_json,
    give_up,
)
from pos_plugin.printer_command.words import lacking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Document
    from printers.encode import Job
    from printers.page import Page
    from printers.profiles import Profile

_FILE_BYTES_MAX: Final = 1_000_000
_NATIVE_NOTE: Final = "Näherung: native text has the printer's own letters"


@click.command("preview")
@click.argument("file", metavar="FILE")
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Values for the template, as JSON; default its own sample.",
)
@click.option(
    "--lang", type=click.Choice(["de", "en"]), default="de", help="Of a shipped template."
)
@click.option("--width", type=click.IntRange(192, 832), help="Dots; default those of the profile.")
@click.option(
    "--profile",
    "profile_name",
    default="generic-80",
    show_default=True,
    help="What the printer can do.",
)
@click.option(
    "--encoder",
    type=click.Choice(["auto", "raster", "native"]),
    default="raster",
    show_default=True,
    help="raster: dot for dot; native: the simulator's reading, an approximation.",
)
@click.option("--baud", type=click.IntRange(1_200, 921_600), help="Of a serial line.")
@click.option(
    "--budget",
    "budget_s",
    type=click.IntRange(1, 600),
    default=20,
    show_default=True,
    help="Seconds that the bytes may take.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="PNG to write."
)
@click.option(
    "--bytes", "bytes_to", type=click.Path(path_type=Path, dir_okay=False), help="Job to write."
)
@AS_JSON
def preview(
    file: str,
    data: Path | None,
    lang: str,
    width: int | None,
    profile_name: str,
    encoder: str,
    baud: int | None,
    budget_s: int,
    output: Path | None,
    bytes_to: Path | None,
    as_json: bool,
) -> None:
    """Show FILE, a template or a document as JSON, or a template of the product by its name.

    Pictures are looked for beside FILE as PBM files, whatever their names. What is left out on a
    slow line, and how long the bytes take, is said; nothing is printed.
    """
    from printers.encode import encode
    from printers.errors import DocumentInvalid, ProfileInvalid

    try:
        profile = read_own_profile(profile_name, file)
    except ProfileInvalid as wrong:
        raise click.BadParameter(str(wrong)) from None
    document, pictures = _read(file, data, lang)
    dots = (width or profile.dots) // 8 * 8
    try:
        job = encode(
            document,
            pictures,
            profile=profile,
            encoder=encoder,  # type: ignore[arg-type]  # click took one of the three
            baud=baud,
            budget_s=budget_s,
            dots=dots,
        )
    except DocumentInvalid as wrong:
        _refuse(wrong)
    page = shown(job, profile, dots=dots)
    _write(output, page.png())
    _write(bytes_to, job.data)
    if as_json:
        echo_json(_said(job, page))
        return
    click.echo(
        f"{dots} x {page.height_dots} dots, {len(job.data)} bytes, {job.seconds} s, "
        f"encoder {job.encoder}, rung {job.rung.value}"
    )
    if job.encoder == "native":
        click.echo(_NATIVE_NOTE)
    for warning in job.warnings:
        click.echo(f"Not as wished: {lacking(warning, 'en')}.")


def read_own_profile(name: str, file: str) -> Profile:
    """Return a profile: the shop's own beside the file, or a shipped one."""
    from printers.profiles import OWN_FOLDER, read_profile

    return read_profile(name, Path(file).absolute().parent / OWN_FOLDER)


def shown(job: Job, profile: Profile, *, dots: int) -> Page:
    """Return what the bytes of a job put on paper, its parts one below the other.

    In raster mode that is the page dot for dot; of native text it is the simulator's reading.
    """
    from printers.page import Page
    from printers.sim.interpreter import Interpreter

    slot = 0 if profile.cp858_slot is None else profile.cp858_slot
    printer = Interpreter(dots=dots, cp858_slot=slot)
    pages, errors = printer.feed(job.data)
    rest, cut_off = printer.power_off()
    if errors or cut_off:
        raise AssertionError(f"the encoder sends what no printer knows: {[*errors, *cut_off][0]}")
    parts = pages + ([rest] if rest else [])
    return Page(dots, b"".join(part.data for part in parts))


def _said(job: Job, page: Page) -> dict[str, Any]:
    return {
        "dots": page.width_dots,
        "rows": page.height_dots,
        "bytes": len(job.data),
        "fragments": job.fragments,
        "wire_ms": job.wire_ms,
        "encoder": job.encoder,
        "rung": job.rung.value,
        "is_approximation": job.encoder == "native",
        "warnings": list(job.warnings),
    }


def _read(file: str, data: Path | None, lang: str) -> tuple[Document, Mapping[str, bytes]]:
    """Return the document of a file with the pictures beside it."""
    from pos_plugin.paper_words import PaperWords
    from printers.document import Document
    from printers.errors import DocumentInvalid
    from printers.templates.builtin import builtin, builtin_ids, sample_pictures
    from printers.templates.errors import TemplateInvalid
    from printers.templates.fill import fill
    from printers.templates.model import Template

    path = Path(file)
    try:
        if file in builtin_ids() and not path.is_file():
            template = builtin(file, lang)
        else:
            content = _content(path)
            if not _is_template(content):
                return Document.from_json(content), _beside(path)
            template = Template.from_json(content)
        if template is None:
            raise AssertionError("a template of the product is gone: install it again")
        values = template.sample if data is None else json.loads(_content(data))
        if not isinstance(values, dict):
            raise click.BadParameter("--data holds one JSON object")
        words = PaperWords(template.lang, "EUR")
        document = fill(template, values, formats=words, subject_uid="preview")
    except OSError as fault:
        known = ", ".join(sorted(builtin_ids()))
        message = f"{file}: {fault.strerror}; templates of the product: {known}"
        raise click.BadParameter(message) from None
    except (DocumentInvalid, TemplateInvalid) as wrong:
        _refuse(wrong)
    except ValueError as fault:
        raise click.BadParameter(f"--data is no JSON: {fault}") from None
    return document, {**sample_pictures(), **(_beside(path) if path.is_file() else {})}


def _content(path: Path) -> bytes:
    # A byte too many is enough to be refused, whatever lies there.
    with path.open("rb") as file:
        return file.read(_FILE_BYTES_MAX + 1)


def _write(path: Path | None, content: bytes) -> None:
    if path is None:
        return
    try:
        with written_whole(path) as place:
            place.write_bytes(content)
    except OSError as fault:
        give_up(f"{path} cannot be written: {fault.strerror}", code=NOT_READY)


def _is_template(content: bytes) -> bool:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and "template_id" in said


def _beside(path: Path) -> dict[str, bytes]:
    from hashlib import sha256

    from printers.limits import ASSET_BYTES_MAX

    found = {}
    for picture in sorted(path.absolute().parent.glob("*.pbm")):
        if picture.stat().st_size <= ASSET_BYTES_MAX:
            content = picture.read_bytes()
            found[sha256(content).hexdigest()] = content
    return found


def _refuse(wrong: Exception) -> NoReturn:
    give_up(f"{getattr(wrong, 'reason', 'invalid')}: {wrong}", code=DOCUMENT_INVALID)

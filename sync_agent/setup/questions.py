"""The questions of ``stammkunde init``; at a terminal only, and only what no flag answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sync_agent.setup.first_settings import CENTS, DEFAULT_CAPS_EUR, Wishes, printer_of
from sync_agent.setup.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

_FLAG_OF: Final = {"url": "--head-office"}


def asked(given: dict[str, Any], *, is_terminal: bool) -> Wishes:
    """Return what the till shall be: flags first, then answers.

    Args:
        given: value of every flag, None where it was left out.
        is_terminal: somebody is there to answer.

    Raises:
        click.UsageError: flags contradict each other, or one is missing and nobody is there.
    """
    if given["alone"] and given["url"]:
        raise click.UsageError("either --alone or --head-office")
    language = given["language"] or "de"
    say = WORDS[language]

    def answer(name: str, **how: Any) -> Any:  # noqa: ANN401 - as click.prompt
        if given[name] is not None:
            return given[name]
        if not is_terminal:
            flag = _FLAG_OF.get(name, f"--{name.replace('_', '-')}")
            raise click.UsageError(f"{flag} is missing, and nobody is there to be asked")
        return click.prompt(say[name], **how)

    if not given["alone"] and given["url"] is None:
        if not is_terminal:
            raise click.UsageError("say --alone, or --head-office with --code")
        given = {**given, "alone": not click.confirm(say["has_head_office"])}
    is_alone = given["alone"]
    url = None if is_alone else answer("url")
    till = answer("till")
    shop = answer("shop") if is_alone else ""
    code = None if is_alone else answer("code")
    printer = answer("printer", default="none", value_proc=_checked_printer)
    _checked_printer(printer)
    backup = _backup(given["backup"], say["backup"], is_terminal=is_terminal)
    caps = DEFAULT_CAPS_EUR if is_alone else _caps(given, answer, say, is_terminal=is_terminal)
    return Wishes(
        language=language,
        shop=shop,
        till=till,
        url=url,
        code=code,
        ca=given["ca"],
        authority=given["authority"],
        printer=printer,
        backup=backup,
        voucher_minor=caps["voucher_cap"] * CENTS,
        customer_minor=caps["customer_cap"] * CENTS,
        till_minor=caps["till_cap"] * CENTS,
        gift_minor=caps["gift_cap"] * CENTS,
    )


def _backup(given: Path | None, question: str, *, is_terminal: bool) -> Path | None:
    if given is None and is_terminal:
        given = Path(click.prompt(question, default="", show_default=False))
    # An empty word is the path "."; nobody copies a till into itself.
    return None if given is None or given == Path() else given.absolute()


def _caps(
    given: dict[str, Any], answer: Callable[..., Any], say: dict[str, str], *, is_terminal: bool
) -> dict[str, int]:
    """Return the caps in euro, after the worst case was shown and, at a terminal, agreed to."""
    if not is_terminal:
        caps = {
            name: default if given[name] is None else given[name]
            for name, default in DEFAULT_CAPS_EUR.items()
        }
    else:
        click.echo(say["caps"])
        caps = {
            name: answer(name, default=default, type=click.IntRange(0, 100_000))
            for name, default in DEFAULT_CAPS_EUR.items()
        }
    click.echo(say["worst"].format(till=caps["till_cap"], ten=10 * caps["till_cap"]))
    return caps


def _checked_printer(text: str) -> str:
    try:
        printer_of(text)
    except ValueError as fault:
        raise click.UsageError(f"--printer: {fault}") from None
    return text

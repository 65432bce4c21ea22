"""The questions of ``stammkunde init``; at a terminal only, and only what no flag answers.

Each answer is looked at when it is given: who typed a wrong address hears it before the caps.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pos_plugin.errors import ConfigError
from sync_agent.setup.first_settings import CENTS, DEFAULT_CAPS_EUR, Wishes, printer_of
from sync_agent.setup.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

_FLAG_OF: Final = {"url": "--head-office"}
_YES_OR_NO: Final = {
    "j": True,
    "ja": True,
    "y": True,
    "yes": True,
    "n": False,
    "nein": False,
    "no": False,
}
# They stand in names of files and on receipts.
_CODE_MOST: Final = 20
_CODE: Final = re.compile(rf"[\w.-]{{1,{_CODE_MOST}}}")


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
        check = how.get("value_proc", str)
        if given[name] is not None:
            return check(given[name])
        if not is_terminal:
            flag = _FLAG_OF.get(name, f"--{name.replace('_', '-')}")
            raise click.UsageError(f"{flag} is missing, and nobody is there to be asked")
        return click.prompt(say[name], **how)

    if not given["alone"] and given["url"] is None:
        if not is_terminal:
            raise click.UsageError("say --alone, or --head-office with --code")
        given = {**given, "alone": not _has_head_office(say)}
    is_alone = given["alone"]
    code_check = _checked(_CODE.fullmatch, say["no_code"].format(most=_CODE_MOST))
    url = None if is_alone else answer("url", value_proc=_checked(_is_address, say["no_url"]))
    till = answer("till", value_proc=code_check)
    shop = answer("shop", value_proc=code_check) if is_alone else ""
    code = None if is_alone else answer("code")
    printer = answer("printer", default="none", value_proc=_checked(_is_printer, say["no_printer"]))
    backup = _backup(given["backup"], say, is_terminal=is_terminal)
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


def _has_head_office(say: dict[str, str]) -> bool:
    def meant(text: str) -> bool:
        if text.strip().lower() not in _YES_OR_NO:
            raise click.UsageError(say["neither"])
        return _YES_OR_NO[text.strip().lower()]

    question = f"{say['has_head_office']} [{say['yes_or_no']}]"
    answer: bool = click.prompt(question, default="n", show_default=False, value_proc=meant)
    return answer


def _checked(is_right: Callable[[str], object], message: str) -> Callable[[str], str]:
    """Return a check of an answer: the answer, or ``message`` to whoever gave it."""

    def check(text: str) -> str:
        if not is_right(text.strip()):
            raise click.UsageError(f"{text!r}: {message}")
        return text.strip()

    return check


def _is_address(text: str) -> bool:
    from sync_agent.client import checked_url

    try:
        checked_url(text)
    except ConfigError:
        return False
    return True


def _backup(given: Path | None, say: dict[str, str], *, is_terminal: bool) -> Path | None:
    if given is None and is_terminal:
        given = Path(click.prompt(say["backup"], default="", show_default=False))
    # An empty word is the path "."; nobody copies a till into itself.
    if given is None or given == Path():
        return None
    folder = given.absolute()
    if not folder.is_dir():  # the disk may be connected later
        click.echo(say["no_folder"].format(folder=folder), err=True)
    return folder


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


def _is_printer(text: str) -> bool:
    try:
        printer_of(text)
    except ValueError:
        return False
    return True

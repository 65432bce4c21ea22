"""The ``stammkunde`` command; other packages hang their commands in by entry point.

Exit codes: 0 good, 1 not good, 2 bad input, 130 ended by Ctrl-C. Bad input gives one JSON object on
stderr.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos_plugin.backup_commands import backup, restore
from pos_plugin.doctor.command import doctor
from pos_plugin.errors import InputError, PosPluginError, RuleError, SaleError
from pos_plugin.limits import MAX_FILE_BYTES
from pos_plugin.named_file import read_named, written_whole
from pos_plugin.printer_command.group import printer
from pos_plugin.shop_day import DAY
from pos_plugin.version import __version__

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

COMMANDS = "stammkunde.commands"
"""Entry-point group in which ``sync_agent`` and ``head_office`` register their commands."""

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_INTERRUPTED = 130  # 128 and the number of the signal, as shells say it
_NAME_SHOWN = 200  # characters of a path, so that a fault stays one line


class _Commands(click.Group):
    """Finds commands of upper packages only when they are asked for: the till starts light."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(e.name for e in _entries())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for entry in _entries():
            if entry.name == cmd_name:
                try:
                    command = entry.load()
                except (ImportError, AttributeError) as fault:
                    # A checkout that was updated still has the names of the installed version.
                    raise click.ClickException(
                        f"what is installed does not fit these files ({fault}): "
                        "make install, or install the package again"
                    ) from None
                return command if isinstance(command, click.Command) else None
        return None


def _entries() -> list[Any]:
    return list(entry_points(group=COMMANDS))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stammkunde")
def stammkunde() -> None:
    """Promotions and loyalty inside the till (Rabatte und Kundenbindung in der Kasse)."""


stammkunde.add_command(printer)


@stammkunde.command()
@click.option("--promotions", type=_FILE, help="PROMOTIONS.json: the rules.")
@click.option("--sale", type=_FILE, help="SALE.json: one sale.")
@click.option("--cases", type=_FILE, help="CASES.jsonl: a case with promotions and sale a line.")
def evaluate(promotions: Path | None, sale: Path | None, cases: Path | None) -> None:
    """Print the best price of a sale as JSON, with every discount and its reason.

    Either --promotions with --sale, or --cases. With --cases every line gives {"id", "result"} or
    {"id", "error"}, in order.
    """
    if cases is not None and promotions is None and sale is None:
        _evaluate_cases(cases)
    elif cases is None and promotions is not None and sale is not None:
        from pos_plugin.model import Basket
        from pos_plugin.promotions.generation import RuleGeneration

        rules = RuleGeneration.from_json(read_named(promotions, "promotions"))
        basket = Basket.from_json(read_named(sale, "sale", SaleError))
        _print_json(rules.evaluate(basket).to_dict())
    else:
        raise click.UsageError("give --promotions and --sale, or --cases alone")


def _evaluate_cases(cases: Path) -> None:
    from pos_plugin.validation import read_json

    all_json = True
    content = read_named(cases, "cases", SaleError, bytes_max=MAX_FILE_BYTES)
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        case_id: Any = None
        try:
            case = read_json(line, f"line {number}", SaleError)
            if not isinstance(case, dict):
                raise SaleError("wrong_type", f"line {number}", "a case is an object")
            case_id = case.get("id")
            answer = {"id": case_id, "result": _evaluate_case(case)}
        except InputError as error:
            all_json = all_json and error.code != "not_json"
            answer = {"id": case_id, "error": error.to_dict()}
        _print_json(answer)
    if not all_json:
        sys.exit(2)


def _evaluate_case(case: dict[str, Any]) -> dict[str, Any]:
    from pos_plugin.model import Basket
    from pos_plugin.promotions.generation import RuleGeneration

    for name, error in (("promotions", RuleError), ("sale", SaleError)):
        if name not in case:
            raise error("missing", name, "Field required")
    rules = RuleGeneration.from_value(case["promotions"])
    return rules.evaluate(Basket.from_dict(case["sale"])).to_dict()


@stammkunde.command()
@click.option(
    "--config",
    type=_FILE,
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8711,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
def serve(config: Path, port: int) -> None:
    """Answer tills on this machine (JSON API and the reference till's page) until Ctrl-C."""
    from contextlib import closing

    from pos_plugin.config import read_config
    from pos_plugin.loopback import listen
    from pos_plugin.plugin import Plugin
    from pos_plugin.service import server
    from pos_plugin.service.api_token import NAME, ensure_token

    settings = read_config(config)
    with closing(listen(port)) as listener, Plugin.open(settings) as plugin:
        token = ensure_token(settings.data_dir)
        address = "{}:{}".format(*listener.getsockname())
        click.echo(f"Till {settings.till} of shop {settings.shop} answers on http://{address}")
        click.echo(f"Its token: {settings.data_dir / NAME}")
        server.serve(plugin, listener, token=token)
    click.echo("The till has stopped.")


@stammkunde.command()
@click.argument("customer")
@click.option(
    "--config",
    type=_FILE,
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
def erase(customer: str, config: Path) -> None:
    """Erase the person with the id CUSTOMER from this till (Art. 17 GDPR); every sum stays.

    The till must not run. The agent takes the person out of its own file with its next round.
    """
    from pos_plugin.config import read_config
    from pos_plugin.notices import Refused
    from pos_plugin.plugin import Plugin

    settings = read_config(config)
    with _causes_told() as causes, Plugin.open(settings) as plugin:
        done = plugin.customers.erase(customer)
    if isinstance(done, Refused):
        if not causes.told:
            click.echo(done.text(settings.language), err=True)
        sys.exit(1)
    for table, count in done.values["counts"].items():
        click.echo(f"{table}: {count}")


@stammkunde.command()
@click.argument("receipts", type=_FILE)
@click.option("--promotions", type=_FILE, required=True, help="PROMOTIONS.json: the rules.")
@click.option("--articles", type=_FILE, help="ARTICLES.csv: sku, description, category, price.")
@click.option("--against", type=_FILE, help="LIVE.json: rules to compare the draft with.")
@click.option(
    "--fail-if",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help='End with 1 when it holds, e.g. "discount_rise_bp>200"; quote it. May stand repeatedly.',
)
@click.option("--data-dir", type=_FOLDER, help="Keep what is booked in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(
    receipts: Path,
    promotions: Path,
    articles: Path | None,
    against: Path | None,
    limits: tuple[str, ...],
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Run past RECEIPTS through promotions and say what they would have cost.

    RECEIPTS is a CSV (invoice, sku, quantity, at, unit_price_minor, customer) or one sale as JSON a
    line; it and ARTICLES may be gzip files. Every receipt is evaluated and booked as at a till, in
    a folder of its own that is removed afterwards, unless --data-dir names one.

    With --against every receipt is booked twice, under both rules: what the draft changes. LIMIT is
    a measure, > or <, and a whole number; docs/commands.md has the measures, and an unknown one
    names them all.
    """
    from contextlib import ExitStack
    from tempfile import TemporaryDirectory

    from pos_plugin.replay.gate import read_limits
    from pos_plugin.replay.read import read_articles, read_receipts
    from pos_plugin.replay.report import Report
    from pos_plugin.replay.run import read_rules, run, run_against

    gate = read_limits(limits, compares=against is not None)
    draft = read_rules(read_named(promotions, "promotions"))
    live = read_rules(read_named(against, "against"), "against") if against else None
    rows = []
    if articles is not None:
        content = read_named(articles, articles.name, SaleError, bytes_max=MAX_FILE_BYTES)
        rows = read_articles(articles.name, content)
    content = read_named(receipts, receipts.name, SaleError, bytes_max=MAX_FILE_BYTES)
    past = read_receipts(receipts.name, content, {row["sku"] for row in rows})
    with ExitStack() as stack:
        stack.enter_context(_causes_told())
        folder = data_dir or Path(stack.enter_context(TemporaryDirectory(prefix="stammkunde-")))
        if sys.stderr.isatty():
            length = len(past) * (2 if live else 1)
            bar = click.progressbar(length=length, label="replay", file=sys.stderr)
            progress = stack.enter_context(bar).update
        else:
            progress = None
        if live:
            both = run_against(past, draft, live, rows, folder, progress=progress)
            report = Report(both.draft, both, gate)
        else:
            report = Report(run(past, *draft, rows, folder, progress=progress), None, gate)
    if as_json:
        _print_json(report.to_dict())
    else:
        click.echo(report.to_text())
    for verdict in report.broken:
        click.echo(f"{verdict.to_text()}.", err=True)
    if report.broken:
        sys.exit(1)


@stammkunde.group()
def promotions() -> None:
    """Rules before they reach a till."""


@promotions.command("lint")
@click.argument("rules", metavar="PROMOTIONS", type=_FILE)
@click.option(
    "--articles", type=_FILE, help="Articles: JSON, JSON lines, the CSV of import or of replay."
)
@click.option(
    "--max-combined-bp",
    type=click.IntRange(0, 10_000),
    default=5_000,
    show_default=True,
    help="How far an article may fall by several promotions together, in basis points.",
)
@click.option("--on", type=DAY, help="The day it is; default today.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the sales drawn.")
@click.option(
    "--max-baskets",
    type=click.IntRange(0, 1_000_000),
    help="Sales that are tried at most; default 6000, and 25 for each promotion.",
)
@click.option("--text", "as_text", is_flag=True, help="A line each finding, instead of JSON.")
def lint_promotions(
    rules: Path,
    *,
    as_text: bool,
    articles: Path | None,
    max_combined_bp: int,
    on: dt.datetime | None,
    seed: int,
    max_baskets: int | None,
) -> None:
    """Run the interactions of PROMOTIONS and print what is wrong with them as JSON.

    Every finding has a code, a severity, the promotions, figures and a sale that shows it, which
    `stammkunde evaluate` takes. Exit code 1 when a finding is an error.
    """
    from pos_plugin.lint_command import read_articles, report_lines, report_text, run_lint
    from pos_plugin.promotions.generation import RuleGeneration

    generation = RuleGeneration.from_json(read_named(rules, "promotions"))
    known = None
    if articles is not None:
        content = read_named(articles, articles.name, SaleError, bytes_max=MAX_FILE_BYTES)
        known = read_articles(articles, content)
    report = run_lint(
        generation,
        known,
        on=on,
        max_combined_bp=max_combined_bp,
        seed=seed,
        max_baskets=max_baskets,
    )
    click.echo("\n".join(report_lines(report)) if as_text else report_text(report))
    if report.errors:
        sys.exit(1)


@stammkunde.group()
def stats() -> None:
    """Figures from the files of this till."""


_SETTINGS = click.option(
    "--config",
    type=_FILE,
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)


@stats.command("classes")
@_SETTINGS
@click.option("--from", "from_on", type=DAY, required=True, help="First shop day.")
@click.option("--to", "to_on", type=DAY, required=True, help="Second shop day.")
@click.option("--scheme", help="Code of the scheme; needed when there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--html", type=_FILE, help="Write a page with charts into this file.")
@click.option("--moved", help="List who moved, for example C:B from C to B, new:C, A:absent.")
def stats_classes(
    config: Path,
    from_on: dt.datetime,
    to_on: dt.datetime,
    scheme: str | None,
    as_json: bool,
    html: Path | None,
    moved: str | None,
) -> None:
    """Say how customers moved between the classes and what their vouchers did.

    The migration matrix of two days, what became of the vouchers granted in between, and rentals
    and turnover before and after, with a voucher and without, class by class. With --moved the
    customers behind one number of the matrix.
    """
    from pos_plugin.config import read_config
    from pos_plugin.errors import StorageError
    from pos_plugin.stats import class_people
    from pos_plugin.stats.class_page import class_page
    from pos_plugin.stats.class_report import class_report
    from pos_plugin.stats.class_text import class_text

    settings = read_config(config)
    report = class_report(settings, from_on=from_on.date(), to_on=to_on.date(), scheme=scheme)
    if moved is not None:
        for one in class_people.people_of(settings, report, moved):
            if as_json:
                _print_json(class_people.to_dict(one, report))
            else:
                click.echo(class_people.to_line(one, report, language=settings.language))
        return
    if html is not None:
        page = class_page(report, language=settings.language)
        try:
            with written_whole(html) as place:
                place.write_text(page, encoding="utf-8")
        except OSError as fault:
            raise StorageError(f"{html} cannot be written: {fault.strerror}") from None
        click.echo(f"Written: {html}", err=True)
    if as_json:
        _print_json(report.to_dict())
    elif html is None:
        click.echo(class_text(report, language=settings.language))


@stats.command("vouchers")
@_SETTINGS
@click.option("--from", "from_on", type=DAY, help="First shop day of the grant.")
@click.option("--to", "to_on", type=DAY, help="Last shop day of the grant.")
@click.option(
    "--not-handed-over", is_flag=True, help="Only usable ones that nobody said to have given."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def stats_vouchers(
    config: Path,
    from_on: dt.datetime | None,
    to_on: dt.datetime | None,
    not_handed_over: bool,
    as_json: bool,
) -> None:
    """List vouchers with day, till, cashier and receipt of grant and redemption."""
    from pos_plugin.config import read_config
    from pos_plugin.stats.voucher_list import to_dict, to_line, voucher_list

    settings = read_config(config)
    found = voucher_list(
        settings,
        from_on=from_on.date() if from_on else None,
        to_on=to_on.date() if to_on else None,
        not_handed_over=not_handed_over,
    )
    for one in found:
        if as_json:
            _print_json(to_dict(one))
        else:
            click.echo(to_line(one, language=settings.language))


@stats.command("visits")
@_SETTINGS
@click.option("--not-since", "since_on", type=DAY, required=True, help="Shop day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def stats_visits(config: Path, since_on: dt.datetime, as_json: bool) -> None:
    """List active customers without a receipt or rental since a day, the longest away first."""
    from pos_plugin.config import read_config
    from pos_plugin.stats.visit_list import not_seen_since
    from pos_plugin.stats.words import WORDS

    settings = read_config(config)
    never = f"{WORDS[settings.language]['never']:10}"
    for one in not_seen_since(settings, since_on.date()):
        last = one.last_on.isoformat() if one.last_on else None
        if as_json:
            _print_json({**one._asdict(), "last_on": last})
        else:
            click.echo(f"{last or never}  {one.number}  {one.name}")


stammkunde.add_command(doctor)
stammkunde.add_command(backup)
stammkunde.add_command(restore)


class _Causes(logging.Handler):
    """Says once what the system refused; for a cashier the plugin makes a notice of it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        if isinstance(fault, PosPluginError | OSError):
            if str(fault) not in self.told:
                click.echo(f"{fault}.", err=True)
            self.told.add(str(fault))
        elif logging.lastResort is not None:
            logging.lastResort.handle(record)  # a fault of ours: with the calls that led there


@contextmanager
def _causes_told() -> Iterator[_Causes]:
    log, causes = logging.getLogger("pos_plugin"), _Causes()
    log.addHandler(causes)
    try:
        yield causes
    finally:
        log.removeHandler(causes)


def _print_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Half a character, for example in the id of a case: only an escape can hold it.
        text = json.dumps(value, separators=(",", ":"))
    click.echo(text)


def main() -> None:
    """Run the command; faults of a person end with one clear line and no traceback."""
    _open_streams()
    try:
        stammkunde.main(standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        click.echo(json.dumps(error.to_dict(), ensure_ascii=False), err=True)
        sys.exit(2)
    except PosPluginError as error:
        click.echo(f"{error}.{f' {error.hint}' if error.hint else ''}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except click.Abort as abort:
        # By Ctrl-C, or by the end of the input of a question.
        sys.exit(_INTERRUPTED if isinstance(abort.__context__, KeyboardInterrupt) else 1)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except BrokenPipeError:
        # Whoever read our output has gone, for example `| head`; nothing is wrong with us.
        sys.stderr.close()
        sys.exit(1)
    except UnicodeEncodeError:
        # Outputs take everything: half a character came in, by an argument that is no UTF-8.
        wrong = InputError("wrong_type", "", "what was given holds a character that is no UTF-8")
        click.echo(json.dumps(wrong.to_dict()), err=True)
        sys.exit(2)
    except MemoryError:
        click.echo("There is not enough memory for this.", err=True)
        sys.exit(1)
    except OSError as fault:
        name = str(fault.filename or "reading or writing")[:_NAME_SHOWN]
        click.echo(f"{name}: {fault.strerror or fault}.", err=True)
        # What stdout could not take would be tried again on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)


def _open_streams() -> None:
    """Let outputs take every character, and nothing where nobody listens (``>&-``).

    Where nobody speaks (``<&-``) the input is empty.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    elif isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # refused where it is used, in a sentence
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

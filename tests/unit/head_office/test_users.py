"""Accounts of the owner's page: names, roles, passwords, and the log of what was changed."""

from __future__ import annotations

import json
import resource
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import STAMMKUNDE
from sqlalchemy import select

from head_office import audit, users
from head_office.storage import Database, user, user_session
from head_office.users import Role
from pos_plugin.clock import SystemClock, utc_text
from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = SystemClock().now()
ZERO = Path("/dev/zero")
PASSWORD = "zwölf Zeichen und mehr"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "ho", create=True)) as database:
        users.add(database, "eva", Role.OWNER, PASSWORD, now=NOW)
        yield database


def test_only_the_right_password_is_taken(database: Database) -> None:
    assert users.has_password(database, "eva", PASSWORD)
    for name, password in (
        ("eva", PASSWORD + " "),
        ("eva", ""),
        ("eva", "x" * 100_000),
        ("Eva", PASSWORD),
        ("nobody", PASSWORD),
        ("nobody", "nobody has this password"),
    ):
        assert not users.has_password(database, name, password), (name, password[:20])


def test_the_file_holds_no_password(database: Database) -> None:
    with database.read() as connection:
        stored = connection.execute(select(user.c.password_hash)).scalar_one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD.encode() not in database.path.read_bytes()


def test_a_disabled_user_is_refused_until_enabled(database: Database) -> None:
    users.change(database, "eva", now=NOW, is_disabled=True)
    assert not users.has_password(database, "eva", PASSWORD)
    with database.read() as connection:
        assert users.find(connection, "eva") is None
    users.change(database, "eva", now=NOW, is_disabled=False)
    assert users.has_password(database, "eva", PASSWORD)


def test_any_change_ends_every_session_of_the_user(database: Database) -> None:
    users.add(database, "max", Role.VIEWER, PASSWORD, now=NOW)
    with database.write() as connection:
        for name in ("eva", "max"):
            connection.execute(
                user_session.insert().values(
                    key_sha256=name, user=name, begun_at=utc_text(NOW), seen_at=utc_text(NOW)
                )
            )
    users.change(database, "eva", now=NOW, role=Role.VIEWER)
    with database.read() as connection:
        assert connection.execute(select(user_session.c.user)).scalars().all() == ["max"]


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 201])
def test_a_short_or_endless_password_is_refused(database: Database, password: str) -> None:
    with pytest.raises(ConfigError, match="12 to 200 characters"):
        users.add(database, "max", Role.VIEWER, password, now=NOW)


@pytest.mark.parametrize("name", ["", "Eva", "a b", "-x", "<b>", "x" * 41])
def test_a_name_is_plain(database: Database, name: str) -> None:
    with pytest.raises(ConfigError, match="NAME"):
        users.add(database, name, Role.VIEWER, PASSWORD, now=NOW)


def test_a_name_is_taken_once(database: Database) -> None:
    with pytest.raises(ConfigError, match="there is a user eva"):
        users.add(database, "eva", Role.VIEWER, PASSWORD, now=NOW)


def test_nobody_can_be_changed_who_is_not_there(database: Database) -> None:
    with pytest.raises(ConfigError, match="there is no user max"):
        users.change(database, "max", now=NOW, role=Role.VIEWER)


def test_the_page_never_takes_the_last_owner_away(database: Database) -> None:
    users.add(database, "max", Role.OWNER, PASSWORD, now=NOW, by="eva")
    users.change(database, "max", now=NOW, is_disabled=True, by="eva")  # a control: eva is left
    for change in ({"role": Role.EDITOR}, {"is_disabled": True}):
        with pytest.raises(users.LastOwner):
            users.change(database, "eva", now=NOW, by="eva", **change)  # type: ignore[arg-type]
    with database.read() as connection:
        assert users.find(connection, "eva") is not None
        found = audit.newest(connection, rows_max=10)
    assert [one.user for one in found] == ["eva", "eva", users.COMMAND_LINE]
    users.change(database, "eva", now=NOW, is_disabled=True)  # the command line can add another


def test_every_change_stands_in_the_log_without_the_password(database: Database) -> None:
    users.change(database, "eva", now=NOW, password=PASSWORD + "2")
    with database.read() as connection:
        found = audit.newest(connection, rows_max=10)
    assert [(one.action, one.subject) for one in found] == [
        ("user.changed", "eva"),
        ("user.added", "eva"),
    ]
    assert PASSWORD not in str(found)


def test_roles_include_those_below() -> None:
    table = [[str(mine) for mine in Role if mine.includes(needed)] for needed in Role]
    assert table == [["viewer", "editor", "owner"], ["editor", "owner"], ["owner"]]


@pytest.mark.parametrize("typed", [b"x" * 300, b"\xff\xfe zwoelf Zeichen", b""])
def test_a_password_that_is_none_ends_with_one_sentence(tmp_path: Path, typed: bytes) -> None:
    with closing(Database(tmp_path / "ho", create=True)):
        pass
    command = [*STAMMKUNDE, "head-office", "user", "add", "eva", "--data", str(tmp_path / "ho")]
    for more in (["--password-stdin"], []):
        done = subprocess.run(
            [*command, *more], check=False, capture_output=True, input=typed, timeout=60
        )
        assert (done.returncode, done.stdout) == (2, b""), done.stderr
        assert b"Traceback" not in done.stderr
        assert b"Warning" not in done.stderr


@pytest.mark.skipif(not ZERO.exists(), reason="Linux has it")
def test_no_more_of_an_endless_password_is_read_than_it_may_have(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "ho", create=True)):
        pass
    command = [*STAMMKUNDE, "head-office", "user", "add", "eva", "--data", str(tmp_path / "ho")]
    with ZERO.open() as endless:
        done = subprocess.run(
            [*command, "--password-stdin"],
            check=False,
            capture_output=True,
            stdin=endless,
            timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)),
        )
    assert json.loads(done.stderr)["where"] == "password"


def test_the_command_line_adds_lists_and_changes(tmp_path: Path) -> None:
    folder = tmp_path / "ho"
    Database(folder, create=True).close()

    def user_command(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*STAMMKUNDE, "head-office", "user", *arguments, "--data", str(folder)],
            check=False,
            capture_output=True,
            text=True,
            input=typed,
            timeout=60,
        )

    short = user_command("add", "eva", "--role", "owner", "--password-stdin", typed="short\n")
    assert short.returncode == 2
    assert "12 to 200 characters" in short.stderr
    done = user_command("add", "eva", "--role", "owner", "--password-stdin", typed=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    assert user_command("change", "eva").returncode == 2
    done = user_command("change", "eva", "--disable", "--role", "editor")
    assert done.returncode == 0, done.stderr
    listed = json.loads(user_command("list", "--json").stdout)
    assert (listed["name"], listed["role"], listed["is_disabled"]) == ("eva", "editor", True)
    assert user_command("list").stdout == "eva: editor, disabled\n"

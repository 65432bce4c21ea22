"""Runs the server on a socket that is already bound, until a signal ends it."""

from __future__ import annotations

import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import uvicorn

from head_office.service.app import create_app
from head_office.service.impatience import WHOLE_S, ImpatientProtocol

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from head_office.storage import Database


FILES_MAX: Final = 65_536
"""Each till keeps one connection open all day; many systems begin with 1,024 files a process."""


class _Server(uvicorn.Server):
    """Answers those who are held for news before it waits for answers under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.hints.end()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def make_server(
    database: Database,
    *,
    tls: tuple[Path, Path] | None = None,
    behind_tls: bool = False,
    whole_s: float = WHOLE_S,
) -> uvicorn.Server:
    """Return the server over an open head office; it closes it when it stops.

    Args:
        database: head office.
        tls: certificate and its private key, PEM files; None = plain HTTP.
        behind_tls: whether a proxy on this machine speaks TLS to browsers.
        whole_s: within twice this time in seconds a request has to be whole.
    """
    config = uvicorn.Config(
        create_app(database, over_tls=behind_tls or tls is not None),
        http=partial(ImpatientProtocol, whole_s=whole_s),  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        # Nobody outside this machine: no header of a proxy is believed.
        proxy_headers=False,
        server_header=False,
        ssl_certfile=None if tls is None else tls[0],
        ssl_keyfile=None if tls is None else tls[1],
    )
    return _Server(config)


def run_server(
    database: Database,
    listener: socket.socket,
    *,
    tls: tuple[Path, Path] | None = None,
    behind_tls: bool = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C; answers under way are finished first."""
    server = make_server(database, tls=tls, behind_tls=behind_tls)

    def end(_number: int, _frame: object) -> None:
        # The server has its own handlers while it runs, and hands the signal on to these after it
        # has stopped; before it has started, this tells it not to stay.
        server.should_exit = True

    _take_more_files()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.run(sockets=[listener])


def _take_more_files() -> None:
    """Ask the system for as many open files as it lets us have."""
    if sys.platform == "win32":
        return
    import resource

    have, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if most == resource.RLIM_INFINITY else min(FILES_MAX, most)
    if have != resource.RLIM_INFINITY and have < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))

"""Runs the server on a socket that is already bound, until a signal ends it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import uvicorn

from head_office.service.app import create_app

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from head_office.storage import Database


class _Server(uvicorn.Server):
    """Answers those who are held for news before it waits for answers under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.hints.end()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def make_server(
    database: Database, *, tls: tuple[Path, Path] | None = None, behind_tls: bool = False
) -> uvicorn.Server:
    """Return the server over an open head office; it closes it when it stops.

    Args:
        database: head office.
        tls: certificate and its private key, PEM files; None = plain HTTP.
        behind_tls: whether a proxy on this machine speaks TLS to browsers.
    """
    config = uvicorn.Config(
        create_app(database, over_tls=behind_tls or tls is not None),
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

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.run(sockets=[listener])

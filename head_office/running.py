"""Runs the server on a socket that is already bound, until a signal ends it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import uvicorn

from head_office.server import create_app

if TYPE_CHECKING:
    import socket

    from head_office.storage import Database


class _Server(uvicorn.Server):
    """Answers those who are held for news before it waits for answers under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.hints.end()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def make_server(database: Database) -> uvicorn.Server:
    """Return the server over an open head office; it closes it when it stops."""
    config = uvicorn.Config(
        create_app(database),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        # Nobody outside this machine: no header of a proxy is believed.
        proxy_headers=False,
        server_header=False,
    )
    return _Server(config)


def run_server(database: Database, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C; answers under way are finished first."""
    server = make_server(database)

    def end(_number: int, _frame: object) -> None:
        # The server has its own handlers while it runs, and hands the signal on to these after it
        # has stopped; before it has started, this tells it not to stay.
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.run(sockets=[listener])

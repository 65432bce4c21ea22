"""Runs the service on a socket that is already bound, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import gc
import signal
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

import uvicorn

from pos_plugin.service.app import create_app
from pos_plugin.service.connections import Connections, protocol_for
from pos_plugin.service.desk import Desk
from pos_plugin.service.event_calls import Streams

if TYPE_CHECKING:
    import socket

    from pos_plugin.plugin import Plugin

STOP_S: Final = 5
KEEP_ALIVE_S: Final = 3600
"""A till that waits for its next customer keeps its connection; idle ones give way to new ones."""


class _Server(uvicorn.Server):
    """Ends the streams of events first: nobody else would, and every answer is waited for."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the answers under way."""
        self._streams.end()
        await super().shutdown(sockets)


def make_server(
    desk: Desk,
    listener: socket.socket,
    *,
    token: str,
    connections: Connections | None = None,
    streams: Streams | None = None,
) -> uvicorn.Server:
    """Return the server of a till, not running yet; answers under way are finished at its end.

    Args:
        desk: asks the plugin; whoever made it closes it.
        listener: bound to 127.0.0.1.
        token: of this till.
        connections: where the open ones are kept; new when missing.
        streams: the open streams of events; new when missing.
    """
    connections = connections or Connections()
    streams = streams or Streams()
    config = uvicorn.Config(
        create_app(
            desk,
            port=listener.getsockname()[1],
            token=token,
            connections=connections,
            streams=streams,
        ),
        # The plain parts: the same on every machine.
        loop="asyncio",
        http=protocol_for(connections),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOP_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        # Nobody outside this machine: no header of a proxy is believed.
        proxy_headers=False,
        server_header=False,
    )
    return _Server(config, streams)


def serve(plugin: Plugin, listener: socket.socket, *, token: str) -> None:
    """Serve until Ctrl-C or SIGTERM; returns after the last answer was sent."""
    # uvicorn sends itself the signal again when it has stopped: both end as Ctrl-C does.
    # Both explicitly: a background job of a shell starts with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # One that comes while all is still being made ready ends it, too.
    with suppress(KeyboardInterrupt), closing(Desk(plugin)) as desk:
        server = make_server(desk, listener, token=token)
        # Rules and modules stay as long as the process: looking through them again and again would
        # hold up a sale by tens of milliseconds. What a sale leaves behind goes by its references;
        # cycles are looked for seldom, at the price of 2 MB.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        server.run(sockets=[listener])

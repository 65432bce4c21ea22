"""The loopback JSON API of a till and the reference till's page (till.md §3, §5).

Laws of this package:

1. It answers on 127.0.0.1 only, to the names of this machine only, and under ``/v1`` to the holder
   of the till's token only.
2. Nothing but JSON, pictures and the page leaves it; what goes wrong is a problem document
   (RFC 9457) with a code of a closed list, never a traceback.
3. The plugin works on one thread of its own, one call after the other; the event loop never waits.

FastAPI and uvicorn load with ``app`` and ``server``, so only when somebody serves.
"""

"""What till and head office say to each other on ``/v1`` (sync.md §5).

Laws of this package:

1. Every number, text and list from outside has a maximum here, before anything else sees it.
2. Values are strict (no text becomes a number); fields nobody knows yet are kept or passed over,
   never refused: changes of the protocol are additive.
3. Nothing here does I/O. Bytes go in, values come out, or ``ProtocolError``.
"""

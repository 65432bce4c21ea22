"""The server: the endpoints of ``/v1`` over the functions of head office."""

"""The protocol ``/v1`` as a contract that any head office can be built and checked against."""

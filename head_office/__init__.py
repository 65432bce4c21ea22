"""The reference head office of a chain: any other that speaks ``/v1`` can take its place."""

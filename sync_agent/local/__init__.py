"""A till without head office: its agent is the authority for it."""

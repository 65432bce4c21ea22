"""The tills of the chain: enrolled, known by their reports, and what they may risk."""

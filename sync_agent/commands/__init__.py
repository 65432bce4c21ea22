"""What the side of the agent adds to ``stammkunde``: agent, import, export, classes, contract."""

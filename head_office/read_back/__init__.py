"""A promotion in plain German or English, as its owner would say it."""

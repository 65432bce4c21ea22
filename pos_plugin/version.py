"""The version of the plugin; pyproject.toml says the same (a house test compares)."""

__version__ = "0.1.0"

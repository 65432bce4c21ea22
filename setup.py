"""Says how the compiled core is built; all else about the project stands in pyproject.toml."""

from Cython.Compiler import Options
from setuptools import setup

# Every array of the core has one dimension. Cython keeps room for eight in each, and copies all of
# it whenever one is handed on; with less than two it does not compile a part of an array.
Options.buffer_max_dims = 2

setup()

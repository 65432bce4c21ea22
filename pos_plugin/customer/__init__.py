"""A customer as this till knows one: the rows of head office and over them its own entries."""

"""Figures for the shop from the files of one till: read only, computed when asked for."""

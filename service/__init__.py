"""Newsbrief: one consolidated brief from many articles, every sentence cited to exact characters."""

__version__ = "0.1.0"

"""Work on text alone: sentences, windows, terms, expected answer types, follow-ups, and the place of an offset.

Strings, spans and records come in and go out. Files, models and searches are left to other rooms.
"""

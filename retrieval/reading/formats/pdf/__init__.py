"""Read a PDF in four steps: letters, lines in reading order, tables, paragraphs.

Bytes come in, parts with their pages go out. PDFium gives the letters; everything after that is geometry of our own.
"""

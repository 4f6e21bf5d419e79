"""Read a PDF in four steps: letters, lines in reading order, tables, paragraphs.

Bytes come in, parts with their pages go out. PDFium finds the letters; the rest is plain geometry.
"""

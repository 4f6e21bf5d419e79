"""Reduce what site generators add to Markdown to what a reader of the finished page sees.

The text of a file comes in, an edited text goes out that a parser of Markdown understands, with its source map and the
markup of paragraphs that are titles of boxes. Parsing and the marks inside of paragraphs are left to
`retrieval.reading.markdown_text`.
"""

"""Turn the wikitext of MediaWiki into Markdown.

The text of a page comes in, edited text goes out that a parser of Markdown understands, with its source map: literal
text is hidden first, then tables and templates are replaced, then the marks of lines. Which files are wikitext, and
what the Markdown says, is left to `retrieval.reading`.
"""

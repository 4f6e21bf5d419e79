"""Fill folders of the documents from where they live: `footnote sync`.

The settings of a source come in, and the files of its folder go out: fetched into a hidden folder, checked, and
switched at once. This room alone connects to servers of others; how the files are read, and the rebuild, are left to
`retrieval`.
"""

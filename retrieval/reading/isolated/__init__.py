"""Read one file in a process of its own, with limits on time and memory, and unable to open anything.

Content comes in, parts and metadata go out, or a reason why there are none: `parent` starts `child` for each file, and
`protocol` is what they exchange. Parsing is left to `retrieval.reading.formats`.
"""

"""The library: documents in, verified quotes out. It knows nothing of Discord, of the settings or of printing.

The rooms follow the data. `reading` turns a folder into documents, `text` cuts them into sentences and windows,
`encoding` turns those into vectors, `index` holds rows in memory, `store` keeps them on disk as generations, and
`asking` turns a question into quotes. `measuring` says how good the answers are, `training` trains the reader that
judges passages, and `upkeep` brings an index up to date with its folder. The modules beside them are leaves that every
room may import: types, errors, progress, files, concurrency and child processes.
"""

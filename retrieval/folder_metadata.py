"""The record of what is known about all documents of a folder; `retrieval.reading.metadata` parses it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FolderMetadata:
    """What the footnote.toml files of a folder and of those above it say about all documents in the folder.

    Folders are paths below the seeds folder.
    """

    title: str | None = None
    source: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None  # two letters; decides where sentences end
    collection: str | None = None
    site: str | None = None  # the address of the site that the Markdown of a folder is made into
    site_folder: str = ""  # the folder that names it
    version: str | None = None  # of what the documents describe, such as "2.3"
    version_folder: str = ""  # the folder that names it


NO_METADATA = FolderMetadata()

"""Read what a program says about single files of a folder: its .footnote-files.json, which maps paths to metadata.

`footnote sync` writes one into the folder of each source, since few formats can hold the address of their page. Its
address counts more than one inside a file: it says where the file was fetched, not what its author claims. All other
values count like those of a footnote.toml.
"""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from retrieval.folder_metadata import FolderMetadata
from retrieval.reading.metadata import MetadataError, date_field, is_url, text_field, version_field

FILES_METADATA = ".footnote-files.json"
MAX_FILES_METADATA_BYTES = 64_000_000
MAX_ADDRESS_LENGTH = 2_048  # characters


class FileMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known about one file. `{line}` in the url stands for the line of a quote."""

    url: str | None = None
    title: str | None = None
    source: str | None = None
    published: str | None = None
    version: str | None = None


FilesMetadata = Mapping[str, FileMetadata]  # by path below the folder, with "/"


def encode_files_metadata(files: FilesMetadata) -> bytes:
    """Encode the content of a .footnote-files.json, with its paths sorted."""
    return msgspec.json.format(msgspec.json.encode(dict(sorted(files.items()))), indent=1)


def parse_files_metadata(content: bytes) -> FilesMetadata:
    """Parse a .footnote-files.json. Raises MetadataError, also for an invalid address or date."""
    if len(content) > MAX_FILES_METADATA_BYTES:
        raise MetadataError(f"larger than {MAX_FILES_METADATA_BYTES // 1_000_000} MB")
    try:
        files = msgspec.json.decode(content, type=dict[str, FileMetadata])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise MetadataError(f"invalid JSON: {' '.join(str(error).split())[:120]}") from None
    for path, file in files.items():
        if file.url is not None and not (is_url(file.url) and len(file.url) <= MAX_ADDRESS_LENGTH):
            raise MetadataError(f"the url of {path[:80]!r} is not an http(s) address")
        date_field({"published": file.published})
        version_field({"version": file.version})
    return files


def with_file_metadata(metadata: FolderMetadata, file: FileMetadata, folder: str) -> FolderMetadata:
    """Replace what is known about a folder by what is known about one of its files.

    `folder` is the one that says it, a path below the seeds folder.
    """
    fields = {"title": file.title, "source": file.source}
    values = {name: text_field(fields, name) for name in fields}
    values |= {"published": date_field({"published": file.published}), "url": file.url}
    if file.version:
        values |= {"version": version_field({"version": file.version}), "version_folder": folder}
    return replace(metadata, **{name: value for name, value in values.items() if value})

"""The errors that the library raises; each message is one line for people.

FootnoteError
├── SeedsError    the folder of documents is missing, empty or unreadable
├── ModelError    a model cannot be found, loaded or compiled
├── StoreError    the index cannot be read or written
│   ├── NoIndexError        there is no index yet
│   ├── DamagedIndexError   a file does not match its checksum or contradicts another
│   ├── NothingOlderError   there is no older generation to go back to
│   ├── BusyError           another process is writing
│   └── NoSearcherError     no searcher answers
├── QuestionError the question is empty or too long
└── DataError     a file of questions or the ranker's weights are invalid
"""


class FootnoteError(Exception):
    """Base of all errors of the library."""


class SeedsError(FootnoteError):
    """The folder of documents is missing, empty or unreadable."""


class ModelError(FootnoteError):
    """A model cannot be found, loaded or compiled."""


class StoreError(FootnoteError):
    """The index cannot be read or written."""


class NoIndexError(StoreError):
    """There is no index yet."""


class DamagedIndexError(StoreError):
    """A file of the index does not match its checksum or contradicts another."""


class NothingOlderError(StoreError):
    """There is no older generation to go back to."""


class BusyError(StoreError):
    """Another process is writing the index."""


class NoSearcherError(StoreError):
    """No searcher on another machine answers."""


class QuestionError(FootnoteError):
    """The question is empty or too long."""


class DataError(FootnoteError):
    """A file of questions or the ranker's weights are invalid."""

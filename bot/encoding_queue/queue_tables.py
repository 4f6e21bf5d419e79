"""The tables of the queue: models, and windows that wait for their vectors, are leased to a worker, or have them.

A window is named by a hash of its text, its spans and the model, so it does not matter how often it is put in or
encoded. Each lease has a number of its own, higher than all before it, and only the newest lease of a window can store
its vectors: a worker that was frozen and wakes later writes nothing. Times are those of the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import Connection

from retrieval.types import Window

JOBS: Final = "footnote_encoding_jobs"  # the channel that says that there are windows to encode
RESULTS: Final = "footnote_encoding_results"
LEASE_S: Final = 15.0
MAX_LEASES: Final = 3  # after which only the rebuild itself encodes a window: it may be what ends the workers
MAX_AGE: Final = "1 day"  # of windows that nobody fetched, since they contain texts
MAX_MODEL_AGE: Final = "7 days"
PART_BYTES: Final = 4 << 20  # of a file of a model in one row
CREATION_LOCK: Final = int.from_bytes(b"encoding")  # of an advisory lock; any number that no other program uses
TABLES: Final = """
CREATE TABLE IF NOT EXISTS encoding_models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    fingerprint text NOT NULL,
    proof bytea NOT NULL,
    used timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS encoding_model_parts (
    model bigint NOT NULL REFERENCES encoding_models ON DELETE CASCADE,
    name text NOT NULL,
    part integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (model, name, part)
);
CREATE TABLE IF NOT EXISTS encoding_windows (
    model bigint NOT NULL REFERENCES encoding_models ON DELETE CASCADE,
    key bytea NOT NULL,
    position integer NOT NULL,
    text bytea,
    spans integer[] NOT NULL,
    vectors bytea,
    fence bigint NOT NULL DEFAULT 0,
    leases integer NOT NULL DEFAULT 0,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    added timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, key)
);
CREATE INDEX IF NOT EXISTS encoding_windows_to_encode ON encoding_windows (model, position) WHERE vectors IS NULL;
CREATE SEQUENCE IF NOT EXISTS encoding_fences;
"""
LEASE: Final = """
WITH job AS MATERIALIZED (SELECT nextval('encoding_fences') AS fence),
free AS MATERIALIZED (
    SELECT key FROM encoding_windows
    WHERE model = %(model)s AND vectors IS NULL AND leased_until < clock_timestamp()
        AND (leases >= %(max_leases)s) = %(given_up)s
    ORDER BY position LIMIT %(count)s FOR UPDATE SKIP LOCKED
)
UPDATE encoding_windows SET fence = job.fence, leases = leases + 1,
    leased_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM job, free WHERE encoding_windows.model = %(model)s AND encoding_windows.key = free.key
RETURNING encoding_windows.key, text, spans, job.fence
"""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A compiled model in the queue; `proof` is a checksum of what it makes of known texts where it comes from."""

    id: int
    fingerprint: str
    proof: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """Windows that were leased together, by their keys, and the number of the lease."""

    fence: int
    windows: dict[bytes, Window]


def create_tables(connection: Connection) -> None:
    """Create the tables that are missing, one process at a time."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [CREATION_LOCK])
    connection.execute(TABLES)


def forget_old(connection: Connection) -> None:
    """Delete models that were not used for long, and windows that nobody fetched."""
    connection.execute("DELETE FROM encoding_models WHERE used < now() - %s::interval", [MAX_MODEL_AGE])
    connection.execute("DELETE FROM encoding_windows WHERE added < now() - %s::interval", [MAX_AGE])


def put_model(
    connection: Connection, digest: bytes, fingerprint: str, proof: bytes, files: Mapping[str, bytes]
) -> StoredModel:
    """Store a compiled model, unless one with this digest is there."""
    row = connection.execute(
        "INSERT INTO encoding_models (digest, fingerprint, proof) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING id",
        [digest, fingerprint, proof],
    ).fetchone()
    if row is None:
        row = connection.execute(
            "UPDATE encoding_models SET used = now() WHERE digest = %s RETURNING id", [digest]
        ).fetchone()
        assert row is not None  # noqa: S101 - an insertion that conflicts has waited for the other row
        return StoredModel(row[0], fingerprint, proof)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO encoding_model_parts VALUES (%s, %s, %s, %s)",
            (
                (row[0], name, number, content[start : start + PART_BYTES])
                for name, content in files.items()
                for number, start in enumerate(range(0, max(len(content), 1), PART_BYTES))
            ),
        )
    return StoredModel(row[0], fingerprint, proof)


def model_files(connection: Connection, model: int) -> dict[str, bytes]:
    """Return the files of a model by name."""
    parts: dict[str, list[bytes]] = {}
    query = "SELECT name, content FROM encoding_model_parts WHERE model = %s ORDER BY name, part"
    for name, content in connection.execute(query, [model]):
        parts.setdefault(name, []).append(content)
    return {name: b"".join(contents) for name, contents in parts.items()}


def put_windows(connection: Connection, model: int, windows: Iterable[tuple[bytes, int, Window]]) -> None:
    """Put windows in that are not there, each with its key and its position in the order of leases; tell workers."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO encoding_windows (model, key, position, text, spans) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (
                (model, key, position, window.text.encode("utf-8", "surrogatepass"), [*sum(window.spans, ())])
                for key, position, window in windows
            ),
        )
    connection.execute(f"NOTIFY {JOBS}".encode())


def model_to_encode_for(connection: Connection, refused: Sequence[int]) -> StoredModel | None:
    """Find a model with windows that a worker may lease now, other than those that it refused."""
    row = connection.execute(
        "SELECT id, fingerprint, proof FROM encoding_models WHERE id <> ALL(%s) AND EXISTS"
        " (SELECT FROM encoding_windows WHERE model = id AND vectors IS NULL AND leased_until < now() AND leases < %s)"
        " ORDER BY id LIMIT 1",
        [list(refused), MAX_LEASES],
    ).fetchone()
    return StoredModel(*row) if row is not None else None


def lease(connection: Connection, model: int, count: int, *, given_up: bool = False) -> Job | None:
    """Lease up to a number of windows that nobody is encoding, or that workers have given up; None if there is none."""
    options = {"lease": LEASE_S, "max_leases": MAX_LEASES, "given_up": given_up}
    rows = connection.execute(LEASE, {"model": model, "count": count, **options}).fetchall()
    if not rows:
        return None
    return Job(rows[0][3], {key: _window(text, spans) for key, text, spans, _ in rows})


def store(connection: Connection, model: int, fence: int, vectors: Mapping[bytes, bytes]) -> int:
    """Store the packed vectors of leased windows by their keys, and drop their texts; return how many were stored.

    A window whose lease is not the newest one any more, or which is gone, is left as it is.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE encoding_windows SET vectors = %s, text = NULL"
            " WHERE model = %s AND key = %s AND fence = %s AND vectors IS NULL",
            ((packed, model, key, fence) for key, packed in vectors.items()),
        )
        stored = cursor.rowcount
    connection.execute(f"NOTIFY {RESULTS}".encode())
    return stored


def fetch(connection: Connection, model: int, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return the packed vectors of those of some windows that have them."""
    query = "SELECT key, vectors FROM encoding_windows WHERE model = %s AND key = ANY(%s) AND vectors IS NOT NULL"
    return dict(connection.execute(query, [model, list(keys)]).fetchall())


def remove(connection: Connection, model: int, keys: Sequence[bytes]) -> None:
    """Remove windows, whatever became of them."""
    connection.execute("DELETE FROM encoding_windows WHERE model = %s AND key = ANY(%s)", [model, list(keys)])


def _window(text: bytes, spans: list[int]) -> Window:
    pairs = zip(spans[0::2], spans[1::2], strict=True)
    return Window(text.decode("utf-8", "surrogatepass"), 0, tuple(pairs))

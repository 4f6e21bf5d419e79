"""The rooms of the house: who may import whom, and what keeps them easy to find one's way in."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import ROOT

LIBRARY = (
    "retrieval.text retrieval.reading retrieval.encoding retrieval.index retrieval.store retrieval.remote "
    "retrieval.asking"
)
DISCORD = "wire storage access messages operations answering context handlers client"
ALLOWED = {  # each room, and what it may import besides itself and the leaves of the library
    "retrieval": "",  # the leaves: types, errors, progress, files, concurrency, child_process
    "retrieval.text": "",
    "retrieval.reading": "retrieval.text",
    "retrieval.encoding": "retrieval.text",
    "retrieval.index": "retrieval.text retrieval.reading retrieval.encoding",
    "retrieval.store": "retrieval.index",
    "retrieval.remote": "retrieval.index retrieval.store",
    "retrieval.asking": "retrieval.text retrieval.index retrieval.encoding",
    "retrieval.measuring": LIBRARY,
    "retrieval.training": "retrieval.text retrieval.encoding retrieval.index retrieval.measuring",
    "retrieval.upkeep": f"{LIBRARY} retrieval.measuring",
    "config": "",
    "bot": f"{LIBRARY} retrieval.upkeep config bot.showing bot.encoding_queue",  # the modules directly in bot/
    "bot.showing": "retrieval.text",
    "bot.serving": f"{LIBRARY} bot",
    "bot.report": "retrieval.asking retrieval.measuring bot.showing",
    "bot.encoding_queue": "retrieval.encoding retrieval.index",
    "bot.sources": "retrieval.reading config",  # the only room that connects to servers of others
    "bot.commands": f"{LIBRARY} retrieval.measuring retrieval.upkeep config bot bot.showing bot.report bot.sources "
    "bot.encoding_queue bot.discord_bot bot.web",
    "bot.web": "retrieval.text retrieval.reading config bot bot.showing bot.serving bot.sandbox",
    "bot.sandbox.loopback": "",
    "bot.sandbox": "retrieval.store config bot bot.serving bot.discord_bot bot.sandbox.loopback",
    "bot.discord_bot.wire": "",
    "bot.discord_bot.storage": "",
    "bot.discord_bot.access": "bot.serving bot.showing bot.discord_bot.storage",
    "bot.discord_bot.messages": "retrieval.text retrieval.index bot.showing bot.serving bot.discord_bot.storage "
    "bot.discord_bot.access",
    "bot.discord_bot.operations": "retrieval.text retrieval.reading retrieval.store config bot.showing",
    "bot.discord_bot.answering": "retrieval.text retrieval.reading bot.showing bot.serving",
    "bot.discord_bot.context": "bot.serving bot.showing",
    "bot.discord_bot.handlers": "retrieval.text retrieval.reading bot.showing bot.serving",
    "bot.discord_bot.client": "bot.showing",
    "bot.discord_bot.processes": "config bot.discord_bot.wire bot.discord_bot.storage bot.discord_bot.operations "
    "bot.discord_bot.context",
    "bot.discord_bot": f"{LIBRARY} config bot bot.showing bot.serving",  # run.py puts everything together
}
for above, room in enumerate(DISCORD.split()):
    if above >= DISCORD.split().index("answering"):  # from here on, whatever comes before in DISCORD
        ALLOWED[f"bot.discord_bot.{room}"] += "".join(f" bot.discord_bot.{name}" for name in DISCORD.split()[:above])
for room in ("bot.discord_bot", "bot.sandbox"):
    ALLOWED[room] += "".join(f" bot.discord_bot.{name}" for name in DISCORD.split())
ALLOWED["bot.discord_bot"] += " bot.discord_bot.processes"
HEAVY = {  # each heavy library, and the only modules that may name it
    "faiss": "retrieval.index.dense",
    "sentence_transformers": "retrieval.encoding.compile retrieval.encoding.compile_cross_encoder "
    "retrieval.training.question_tuning",
    "torch": "retrieval.encoding.graphs retrieval.encoding.compile_cross_encoder retrieval.encoding.question_adapter "
    "retrieval.training",
    "onnx": "retrieval.encoding.compile retrieval.training.export",
    "onnxruntime": "retrieval.encoding.session retrieval.encoding.graphs retrieval.encoding.compile",
    "safetensors": "retrieval.training.span_model retrieval.encoding.question_adapter",
    "tokenizers": "retrieval.encoding.session retrieval.encoding.encoder retrieval.encoding.span_reader "
    "retrieval.training",
    "sentencex": "retrieval.text.sentences",
    "Stemmer": "retrieval.text.terms",
    "markdown_it": "retrieval.reading.markdown",
    "trafilatura": "retrieval.reading.formats.webpage",
    "webencodings": "retrieval.reading.formats.encodings",
    "lxml": "retrieval.reading.formats.webpage retrieval.reading.formats.epub retrieval.reading.formats.xml_parsing",
    "docx": "retrieval.reading.formats.docx",
    "pypdfium2": (
        "retrieval.reading.formats.pdf.letters retrieval.reading.formats.pdf.letter_runs"
        " retrieval.reading.formats.pdf.scans"
    ),
    "docutils": "retrieval.reading.formats.rst",
    "rich": "bot.showing.terminal",
    "click": "bot.commands.cli bot.commands.common_options bot.commands.service_commands",
    "filelock": "retrieval.store.write_lock",
    "scipy": "retrieval.measuring.train",
    "jinja2": "bot.report.html_page bot.web.pages",
    "starlette": "bot.web",
    "uvicorn": "bot.web.uvicorn_server",
    "mcp": "bot.web.mcp_server",
    "regex": "bot.showing.discord_markdown",
    "structlog": "bot.discord_bot.operations bot.discord_bot.run",
    "prometheus_client": "bot.discord_bot.operations.prometheus_metrics",
    "sqlalchemy": "bot.discord_bot.storage",
    "psycopg": "bot.encoding_queue",
    "alembic": "bot.discord_bot.storage.migrations",
    "matplotlib": "bot.report.plots",
    "discord": "bot.discord_bot",
    "httpcore": "bot.sources.guarded_http",
    "protego": "bot.sources.robots",
    "dulwich": "bot.sources.git_source bot.sources.git_transport bot.sources.git_ssh",
}
MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for package in ("retrieval", "config", "bot")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imported(path: Path) -> set[str]:
    """Return the names of the modules that a file imports anywhere, ours as modules and others by their package."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in inner}
    return {name if name in MODULES else name.split(".")[0] for name in names}


def room_of(module: str) -> str:
    """Return the room that a module stands in: the longest name of ALLOWED that it begins with."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(name for name in names if name in ALLOWED)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    """Imports follow the data; retrieval knows neither bot nor config, and the types count like the code."""
    room = room_of(module)
    allowed = {room, "retrieval" if room.startswith(("retrieval", "bot")) else "", *ALLOWED[room].split()}
    wrong = {name for name in imported(MODULES[module]) & MODULES.keys() if room_of(name) not in allowed}
    assert wrong == set(), f"{MODULES[module]}: {room} may import {ALLOWED[room] or 'nothing'}"


@pytest.mark.parametrize("module", MODULES)
def test_a_heavy_library_is_named_by_its_own_module_only(module: str) -> None:
    """Whoever replaces a library changes one module."""
    for library in imported(MODULES[module]) & HEAVY.keys():
        assert module.startswith(tuple(HEAVY[library].split())), f"{module} imports {library}, not {HEAVY[library]}"


def test_no_imports_go_in_a_circle() -> None:
    """Each module can be understood after those that it imports; imports for the type checker count as well."""
    graph = {module: (imported(path) & MODULES.keys()) - {module} for module, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_name_of_a_module_is_taken_twice() -> None:
    """A module is found by its name alone."""
    stems = [path.stem for path in MODULES.values() if path.stem != "__init__"]
    assert sorted(stems) == sorted(set(stems))


def test_modules_and_functions_fit_a_screen() -> None:
    """No module has more than 350 lines and no function more than 40, its docstring not counted."""
    long = []
    for module, path in MODULES.items():
        text = path.read_text("utf-8")
        long += [module] if text.count("\n") > 350 else []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and (node.end_lineno or 0) - body[0].lineno + 1 > 40:
                    long.append(f"{module}.{node.name}")
    assert long == []


def test_every_package_tells_its_story() -> None:
    """The docstring of a package says what comes in, what goes out and what it leaves to others."""
    untold = [
        module
        for module, path in MODULES.items()
        if path.name == "__init__.py" and len(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "") < 120
    ]
    assert untold == []

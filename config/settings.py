"""The settings, frozen: command line over environment over footnote.toml over default.toml.

Nothing is read at import; the command line builds one Settings and hands on plain values. msgspec
checks them: importing pydantic-settings took a third of the time to a first answer.
"""

import hashlib
import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

PREFIX = "FOOTNOTE_"
NESTED = "__"
HERE = Path(__file__).parent
DEFAULTS = HERE / "default.toml"
RANKER = HERE / "ranker.json"

Probability = Annotated[float, Meta(ge=0, le=1)]


class ConfigError(Exception):
    """A setting is unknown or has a bad value; the text names key, value and what was expected."""


class DocumentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How documents are read."""

    language: Annotated[str, Meta(pattern="^[a-z]{2}$")]
    max_megabytes: Annotated[int, Meta(ge=1, le=1024)]

    @property
    def max_bytes(self) -> int:
        """Return the size of the largest file that is read."""
        return self.max_megabytes * 1_000_000


class AnswerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When and how much is quoted."""

    precision: Probability
    threshold: Literal["fitted"] | Probability
    top: Annotated[int, Meta(ge=1, le=20)]


class RankerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How candidates are ordered, besides by the learned weights."""

    cross_encoder: str


class DiscordSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the bot connects and what it keeps. The token itself is no setting: it never travels with the others."""

    token_file: str
    database: str
    health_port: Annotated[int, Meta(ge=0, le=65535)]
    log_level: Literal["debug", "info", "warning", "error"]
    api: str
    gateway: str
    cdn: str
    servers: dict[str, list[str]]
    collections: Literal["auto", "all"] | list[str]
    maintenance: Literal["auto", "all"] | list[str]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting, checked. Made by load_settings, which knows the files."""

    seeds: str
    index: str
    model: Annotated[str, Meta(min_length=1)]
    golden: str
    gate: Literal["no worse", "pass", "off"]
    threads: Annotated[int, Meta(ge=0, le=256)]
    documents: DocumentSettings
    answer: AnswerSettings
    ranker: RankerSettings
    discord: DiscordSettings

    @property
    def seeds_folder(self) -> Path:
        """Return the folder of documents, absolute."""
        return Path(self.seeds).expanduser().resolve() if self.seeds else shipped_seeds()

    @property
    def golden_file(self) -> Path | None:
        """Return the file of golden questions, absolute, None when there is none."""
        return Path(self.golden).expanduser().resolve() if self.golden else None

    @property
    def index_folder(self) -> Path:
        """Return the folder of the index, absolute; by default one for each seeds folder."""
        if self.index:
            return Path(self.index).expanduser().resolve()
        home = HERE.parent if in_checkout() else _user_folder("data")
        if self.seeds_folder == shipped_seeds():
            return home / "index"
        return home / f"index-{hashlib.sha256(os.fsencode(self.seeds_folder)).hexdigest()[:8]}"


def in_checkout() -> bool:
    """Return whether this runs from the project's own folder, not from an installed copy."""
    return (HERE.parent / "pyproject.toml").is_file() and (HERE.parent / "seeds").is_dir()


def shipped_seeds() -> Path:
    """Return the folder of the passages that ship with Footnote."""
    return (HERE.parent / "seeds" if in_checkout() else HERE / "seeds").resolve()


def user_config_file() -> Path:
    """Return where footnote.toml is looked for when --config names no other file."""
    return (HERE if in_checkout() else _user_folder("config")) / "footnote.toml"


def load_settings(config_file: Path | None = None, **options: str | None) -> Settings:
    """Build the settings from options that are not None, the environment and the two files.

    Raises ConfigError for an unreadable file, an unknown key or a bad value.
    """
    file = config_file or user_config_file()
    defaults = _read_toml(DEFAULTS)
    written = _read_toml(file) if config_file or file.exists() else {}
    given = {name: value for name, value in options.items() if value is not None}
    settings = msgspec.convert(defaults, Settings)
    merged = defaults
    for source, values in (
        (str(file), written),
        ("the environment", _environment(defaults)),
        ("the command line", given),
    ):
        merged = _merge(merged, values)
        try:
            # Lax, for the environment knows only text; a file's values keep their types.
            settings = msgspec.convert(merged, Settings, strict=values is written)
        except msgspec.ValidationError as error:
            raise ConfigError(_sentence(error, merged, source)) from None
    return settings


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the FOOTNOTE_… variables that give another process the same settings."""
    found: dict[str, str] = {}
    for key, value in msgspec.to_builtins(settings).items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for name, plain in inner:
            text = json.dumps(plain) if isinstance(plain, dict | list) else str(plain)
            found[f"{PREFIX}{key}{NESTED if name else ''}{name}".upper()] = text
    return found


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read the settings in {file}: {error}") from None


def _environment(defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of FOOTNOTE_… variables, nested by two underscores.

    Raises ConfigError for a variable that names no setting: a typo would otherwise do nothing.
    """
    found: dict[str, Any] = {}
    for variable, value in sorted(os.environ.items()):
        if variable.startswith(PREFIX):
            place, known = found, defaults
            *tables, key = variable.removeprefix(PREFIX).lower().split(NESTED)
            for table in tables:
                place, known = place.setdefault(table, {}), known.get(table, {})
            if not isinstance(known, dict) or key not in known or (not tables and isinstance(known[key], dict)):
                raise ConfigError(f"{variable} in the environment is not a setting; config/default.toml lists them")
            place[key] = _plain(variable, value)
    return found


def _plain(variable: str, value: str) -> Any:
    """Return the value of a variable: text, or a list or table written as JSON."""
    if not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ConfigError(f"{variable} in the environment is not a list or table in JSON") from None


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        merged[key] = _merge(below[key], value) if both else value
    return merged


def _sentence(error: msgspec.ValidationError, values: dict[str, Any], source: str) -> str:
    """Put a validation error into one line: the key, its value, what was expected, where it stands."""
    expected, _, place = str(error).partition(" - at `$")
    key = place.strip(".`")
    if "unknown field" in expected:
        name = ".".join(filter(None, (key, expected.split("`")[1])))
        return f"unknown setting {name} in {source}; config/default.toml lists every key"
    value: Any = values
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else value
    return f"setting {key} = {value!r} in {source}: {expected[:1].lower()}{expected[1:]}"


def _user_folder(kind: Literal["data", "config"]) -> Path:
    """Return where an installed copy keeps its index or its settings."""
    import platformdirs  # a checkout needs none

    return platformdirs.user_data_path("footnote") if kind == "data" else platformdirs.user_config_path("footnote")

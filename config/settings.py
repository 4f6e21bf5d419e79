"""Load the settings: command line over environment over footnote.toml over default.toml.

The sources come in, one frozen and checked Settings goes out. Nothing is read at import. msgspec does the checks, since
importing pydantic-settings took a third of the time to a first answer.
"""

import hashlib
import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from config.host_names import is_host, is_network
from config.sync_settings import SyncSettings, source_problem

PREFIX = "FOOTNOTE_"
NESTED = "__"  # between the names of a table and its key in a variable
FOLDERS = ("seeds", "index")  # a variable for one of these that is empty is mostly the slip of a script
HERE = Path(__file__).parent
DEFAULTS = HERE / "default.toml"
RANKER = HERE / "ranker.json"
READER = HERE / "reader"

Origin = Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+$")]  # of a page, as browsers name it
HostName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:_-]+$")]
Probability = Annotated[float, Meta(ge=0, le=1)]


class ConfigError(Exception):
    """A setting is unknown or invalid; the message names the key, the value and what was expected."""


class DocumentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How documents are read."""

    language: Annotated[str, Meta(pattern="^[a-z]{2}$")]
    max_megabytes: Annotated[int, Meta(ge=1, le=1024)]

    @property
    def max_bytes(self) -> int:
        """Return the size of the largest file that is read."""
        return self.max_megabytes * 1_000_000


class AnswerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When to answer, and with how many quotes."""

    precision: Annotated[float, Meta(ge=0.5, le=0.99)]  # those for which the ranker has a threshold
    threshold: Literal["fitted"] | Probability
    top: Annotated[int, Meta(ge=1, le=20)]
    versions: Literal["newest", "all"]


class EncodingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a rebuild encodes."""

    queue: str
    takes_part: bool


class SearchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the vectors of the index are searched."""

    servers: list[str]
    key_file: str


class RankerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How candidates are ordered, apart from the learned weights."""

    reader: bool
    cross_encoder: str


class DiscordSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the bot connects, what it stores and who may see what. The token is not a setting: it stays in its source."""

    token_file: str
    database: str
    health_host: str
    health_port: Annotated[int, Meta(ge=0, le=65535)]
    log_level: Literal["debug", "info", "warning", "error"]
    language: Literal["en", "de", "es", "fr", "ja", "pt-BR", "ru", "zh"]
    api: str
    gateway: str
    cdn: str
    servers: dict[str, list[str]]
    collections: Literal["auto", "all"] | list[str]
    maintenance: Literal["auto", "all"] | list[str]


class ServeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the HTTP service is reached, and who may see what. Tokens are not settings: they stay in their source."""

    host: str
    port: Annotated[int, Meta(ge=0, le=65535)]
    hosts: list[HostName]
    collections: Literal["auto", "all"] | list[str]
    token_file: str
    origins: list[Origin]
    embed: list[Origin]
    proxies: list[str]
    questions_per_minute: Annotated[int, Meta(ge=1, le=100_000)]
    workers: Annotated[int, Meta(ge=1, le=64)]
    max_waiting: Annotated[int, Meta(ge=0, le=10_000)]
    timeout_s: Annotated[int, Meta(ge=1, le=600)]
    sandbox: Literal["off", "local", "any"]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting, checked. load_settings builds it."""

    seeds: str
    index: str
    model: Annotated[str, Meta(min_length=1)]
    model_cache: str
    golden: str
    gate: Literal["no worse", "pass", "off"]
    threads: Annotated[int, Meta(ge=0, le=256)]
    documents: DocumentSettings
    encoding: EncodingSettings
    search: SearchSettings
    answer: AnswerSettings
    ranker: RankerSettings
    discord: DiscordSettings
    sync: SyncSettings
    serve: ServeSettings

    @property
    def seeds_folder(self) -> Path:
        """Return the absolute path of the folder of documents."""
        return Path(self.seeds).expanduser().resolve() if self.seeds else sample_seeds()

    @property
    def indexed_seeds(self) -> Path | None:
        """Return the folder that the index was built from, None if it is where the searchers run."""
        return self.seeds_folder if self.seeds or not self.search.servers else None

    @property
    def golden_file(self) -> Path | None:
        """Return the absolute path of the file of golden questions, None without one."""
        return Path(self.golden).expanduser().resolve() if self.golden else None

    @property
    def index_folder(self) -> Path:
        """Return the absolute path of the index; by default, each seeds folder has an index of its own."""
        if self.index:
            return Path(self.index).expanduser().resolve()
        home = HERE.parent if in_checkout() else _user_folder("data")
        if self.seeds_folder == sample_seeds():
            return home / "index"
        return home / f"index-{hashlib.sha256(os.fsencode(self.seeds_folder)).hexdigest()[:8]}"

    @property
    def model_cache_folder(self) -> Path | None:
        """Return the absolute path of the cache of compiled models, None without one."""
        if self.model_cache == "auto":
            folder = _user_folder("cache") / "models"
            return folder if folder.is_absolute() else None  # a user without a home folder has none
        return Path(self.model_cache).expanduser().resolve() if self.model_cache else None


def in_checkout() -> bool:
    """Return whether the program runs from a checkout, not from an installed copy."""
    return (HERE.parent / "pyproject.toml").is_file() and (HERE.parent / "seeds").is_dir()


def sample_seeds() -> Path:
    """Return the folder of the sample documents."""
    return (HERE.parent / "seeds" if in_checkout() else HERE / "seeds").resolve()


def user_config_file() -> Path:
    """Return where footnote.toml is expected unless --config names another file."""
    return (HERE if in_checkout() else _user_folder("config")) / "footnote.toml"


def load_settings(config_file: Path | None = None, **options: str | None) -> Settings:
    """Merge the options that are not None, the environment, the config file and the defaults.

    Raises ConfigError for an unreadable file, an unknown key, an invalid value or an option without one.
    """
    for name, value in options.items():
        if value == "":
            raise ConfigError(f"--{name} on the command line is empty; leave it out, or say what it is")
    file = config_file or user_config_file()
    defaults = _read_toml(DEFAULTS)
    file_values = _read_toml(file) if config_file or file.exists() else {}
    option_values = {name: value for name, value in options.items() if value is not None}
    settings = msgspec.convert(defaults, Settings)
    merged = defaults
    for source, values in (
        (str(file), file_values),
        ("the environment", _environment(defaults)),
        ("the command line", option_values),
    ):
        merged = _merge(merged, values)
        try:
            # Not strict after the file: the environment and the command line have text only.
            settings = msgspec.convert(merged, Settings, strict=values is file_values)
        except msgspec.ValidationError as error:
            raise ConfigError(_describe(error, merged, source)) from None
        if problem := source_problem(settings.sync.sources):
            raise ConfigError(f"setting sync.sources in {source}: {problem}")
        if wrong := _wrong_address(settings):
            raise ConfigError(f"setting {wrong[0]} = {wrong[1]!r} in {source}: expected {wrong[2]}")
    return settings


def _wrong_address(settings: Settings) -> tuple[str, str, str] | None:
    """Find an address in the settings that is none: the setting, the address, and what was expected in its place."""
    serve = settings.serve
    hosts = [("discord.health_host", settings.discord.health_host), ("serve.host", serve.host)]
    for key, host in (*hosts, *(("serve.hosts", name) for name in serve.hosts)):
        if not is_host(host):
            return key, host, "an IP address or a host name" + (", without a port" if key == "serve.hosts" else "")
    for proxy in serve.proxies:
        if proxy != "*" and not is_network(proxy):
            return "serve.proxies", proxy, 'an IP address, a network such as "10.0.0.0/8", or "*"'
    return None


def as_environment(settings: Settings) -> dict[str, str]:
    """Convert settings to the FOOTNOTE_… variables that give another process the same settings."""
    variables: dict[str, str] = {}
    for key, value in msgspec.to_builtins(settings).items():
        entries = value.items() if isinstance(value, dict) else [("", value)]
        for name, entry in entries:
            text = json.dumps(entry) if isinstance(entry, dict | list) else str(entry)
            variables[f"{PREFIX}{key}{NESTED if name else ''}{name}".upper()] = text
    return variables


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        hint = "; texts stand in quotation marks" if "Invalid value" in str(error) else ""
        raise ConfigError(f"cannot read the settings in {file}: {error}{hint}") from None


def _environment(defaults: dict[str, Any]) -> dict[str, Any]:
    """Read the FOOTNOTE_… variables as nested settings.

    Raises ConfigError for a variable that is not a setting, since a typo would otherwise have no effect. An empty one
    for a folder counts as not set.
    """
    values: dict[str, Any] = {}
    for variable, value in sorted(os.environ.items()):
        if variable.startswith(PREFIX):
            target, defined = values, defaults
            *tables, key = variable.removeprefix(PREFIX).lower().split(NESTED)
            for table in tables:
                target, defined = target.setdefault(table, {}), defined.get(table, {})
            if not isinstance(defined, dict) or key not in defined or (not tables and isinstance(defined[key], dict)):
                hint = _advice(defaults, ".".join([*tables, key]), as_variable=True)
                raise ConfigError(f"{variable} in the environment is not a setting; {hint}")
            if value.strip() or key not in FOLDERS:
                target[key] = _parse_variable(variable, value)
    return values


def _parse_variable(variable: str, value: str) -> Any:
    """Parse the value of a variable: JSON if it begins like a list or a table, else plain text."""
    if not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ConfigError(f"{variable} in the environment is not a valid JSON list or table") from None


def _merge(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Merge the settings of two sources; `overrides` wins key by key.

    A value that is a table itself, such as discord.servers, is replaced as a whole: what a later source does not name
    must not remain allowed.
    """
    merged = dict(base)
    for key, value in overrides.items():
        are_tables = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = base[key] | value if are_tables else value
    return merged


def _describe(error: msgspec.ValidationError, values: dict[str, Any], source: str) -> str:
    """Format a validation error in one line: the key, its value, its source, and what was expected."""
    from config.setting_types import expected_values  # only needed for an error

    problem, _, path = str(error).partition(" - at `$")
    key = path.partition("[")[0].strip(".`")
    if key == "sync.sources" and "[" in path:
        return f"setting {path.strip('`.')} in {source}: {problem.replace('`', '')}"
    if "unknown field" in problem:
        name = ".".join(filter(None, (key, problem.split("`")[1])))
        return f"unknown setting {name} in {source}; {_advice(_read_toml(DEFAULTS), name)}"
    value: Any = values
    for part in key.split("."):
        value = value[part]
    return f"setting {key} = {value!r} in {source}: expected {expected_values(Settings, key)}"


def _advice(defaults: dict[str, Any], name: str, *, as_variable: bool = False) -> str:
    """Name the setting that is spelt most like a name, if one is, and where all are listed."""
    from difflib import get_close_matches  # only needed for an error

    keys = (f"{key}.{inner}" if inner else key for key, value in defaults.items()
            for inner in (value if isinstance(value, dict) else ("",)))  # fmt: skip
    nearest = get_close_matches(name, keys, n=1, cutoff=0.85)
    shown = [PREFIX + key.upper().replace(".", NESTED) for key in nearest] if as_variable else nearest
    return f"{f'did you mean {shown[0]}? ' if shown else ''}config/default.toml lists all"


def _user_folder(kind: Literal["cache", "config", "data"]) -> Path:
    """Return the folder of the user for compiled models, or for the settings or the index of an installed copy."""
    import platformdirs  # answering from a checkout does not need it

    match kind:
        case "cache":
            return platformdirs.user_cache_path("footnote")
        case "config":
            return platformdirs.user_config_path("footnote")
        case "data":
            return platformdirs.user_data_path("footnote")

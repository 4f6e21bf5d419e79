"""Settings: the precedence of their sources, and errors that name key, value and source."""

import os
from pathlib import Path

import pytest

from config.settings import RANKER, ConfigError, as_environment, load_settings, sample_seeds
from retrieval.asking.ranker import read_ranker


@pytest.fixture(autouse=True)
def _unset_footnote_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FOOTNOTE_")]:
        monkeypatch.delenv(name)


def test_command_line_beats_environment_beats_file_beats_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each source overrides only the keys that it has."""
    file = tmp_path / "footnote.toml"
    file.write_text('seeds = "from-file"\nmodel = "from-file"\nthreads = 1\n[answer]\ntop = 2\n')
    monkeypatch.setenv("FOOTNOTE_MODEL", "from-environment")
    monkeypatch.setenv("FOOTNOTE_SEEDS", "from-environment")
    monkeypatch.setenv("FOOTNOTE_ANSWER__THRESHOLD", "0.7")
    settings = load_settings(file, seeds="from-command-line")
    assert (settings.seeds, settings.model, settings.threads) == ("from-command-line", "from-environment", 1)
    assert (settings.answer.top, settings.answer.threshold) == (2, 0.7)
    assert settings.documents.max_megabytes == 10


def test_a_table_that_is_one_value_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that only the file names may see nothing once the environment says which servers may."""
    file = tmp_path / "footnote.toml"
    file.write_text('[discord]\nlog_level = "error"\n[discord.servers]\n1 = ["staff"]\n2 = ["faq"]\n')
    monkeypatch.setenv("FOOTNOTE_DISCORD__SERVERS", '{"2": ["rules"]}')
    settings = load_settings(file)
    assert settings.discord.servers == {"2": ["rules"]}
    assert settings.discord.log_level == "error"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("colour = 1", "unknown setting colour in {file}; config/default.toml lists all"),
        ("[answer]\nbest = 1", "unknown setting answer.best in {file}; config/default.toml lists all"),
        (
            "[answer]\npresicion = 0.8",
            "unknown setting answer.presicion in {file}; did you mean answer.precision? config/default.toml lists all",
        ),
        (
            "seeds = ~/docs",
            "cannot read the settings in {file}: Invalid value (at line 1, column 9); texts stand in quotation marks",
        ),
        ("[answer]\ntop = 0", "setting answer.top = 0 in {file}: expected a whole number from 1 to 20"),
        ("[answer]\nprecision = 1.0", "setting answer.precision = 1.0 in {file}: expected a number from 0.5 to 0.99"),
        ("[sync]\nmax_files = 0", "setting sync.max_files = 0 in {file}: expected a whole number from 1 to 1,000,000"),
        ("[answer]\ntop = 'x'", "setting answer.top = 'x' in {file}: expected a whole number from 1 to 20"),
        (
            "[answer]\nthreshold = 1.5",
            'setting answer.threshold = 1.5 in {file}: expected "fitted", or a number from 0 to 1',
        ),
        (
            "[documents]\nlanguage = 'English'",
            "setting documents.language = 'English' in {file}: expected text that matches ^[a-z]{{2}}$",
        ),
        ("seeds = 3", "setting seeds = 3 in {file}: expected text"),
        ("answer = 3", "setting answer = 3 in {file}: expected a table of settings"),
        (
            "[discord]\nlog_level = 'loud'",
            'setting discord.log_level = \'loud\' in {file}: expected one of "debug", "error", "info" and "warning"',
        ),
        (
            "[discord]\nmaintenance = 'some'",
            'setting discord.maintenance = \'some\' in {file}: expected one of "all" and "auto", or a list of texts',
        ),
        (
            "[discord]\nmaintenance = [3]",
            'setting discord.maintenance = [3] in {file}: expected one of "all" and "auto", or a list of texts',
        ),
        (
            "[discord.servers]\n12 = 'faq'",
            "setting discord.servers = {{'12': 'faq'}} in {file}: expected a table with a list of texts for each key",
        ),
        ("[ranker]\nreader = 'yes'", "setting ranker.reader = 'yes' in {file}: expected true or false"),
        (
            "[discord]\nhealth_host = 'http://x'",
            "setting discord.health_host = 'http://x' in {file}: expected an IP address or a host name",
        ),
        (
            "[serve]\nhosts = ['docs.example.org:80']",
            "setting serve.hosts = 'docs.example.org:80' in {file}: expected an IP address or a host name, without",
        ),
        (
            "[serve]\nproxies = ['10.0.0.0/8', 'traefik']",
            "setting serve.proxies = 'traefik' in {file}: expected an IP address, a network such as \"10.0.0.0/8\", or",
        ),
        (
            "[serve]\norigins = ['example.org']",
            "setting serve.origins = ['example.org'] in {file}: expected a list of texts that match ^https?://",
        ),
        ("seeds = ", "cannot read the settings in {file}: Invalid value"),
    ],
)
def test_invalid_file_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    """The error names the key, its value, the file and what was expected."""
    file = tmp_path / "footnote.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(message.format(file=file))
    assert "`" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_precision_that_can_be_set_has_a_threshold(tmp_path: Path) -> None:
    """The ranker has one for the least, for the greatest, and for each hundredth between them."""
    points = [point.precision for point in read_ranker(RANKER).points]
    assert points == [round(0.5 + number / 100, 2) for number in range(50)]
    file = tmp_path / "footnote.toml"
    for precision in (points[0], points[-1]):
        file.write_text(f"[answer]\nprecision = {precision}\n")
        assert load_settings(file).answer.precision == precision


@pytest.mark.parametrize("name", ["FOOTNOTE_SEED", "FOOTNOTE_ANSWER", "FOOTNOTE_ANSWER__BEST", "FOOTNOTE_SEEDS__X"])
def test_unknown_variable_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typo in the environment is noticed."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError, match=f"{name} in the environment is not a setting"):
        load_settings()


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_for_a_folder_counts_as_not_set(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the slip of a script, and must not replace the folders of the file by others."""
    file = tmp_path / "footnote.toml"
    file.write_text(f'seeds = "{tmp_path}/documents"\nindex = "{tmp_path}/index"\n')
    for name in ("FOOTNOTE_SEEDS", "FOOTNOTE_INDEX"):
        monkeypatch.setenv(name, value)
    settings = load_settings(file)
    assert settings.seeds_folder == tmp_path / "documents"
    assert settings.index_folder == tmp_path / "index"


def test_another_empty_variable_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is how a text of the file is taken away."""
    file = tmp_path / "footnote.toml"
    file.write_text('golden = "questions.yaml"\n')
    monkeypatch.setenv("FOOTNOTE_GOLDEN", "")
    assert load_settings(file).golden_file is None


def test_an_option_without_a_value_is_an_error() -> None:
    """An empty name of a folder is not the current folder."""
    with pytest.raises(ConfigError, match=r"^--seeds on the command line is empty; leave it out, or say what it is$"):
        load_settings(seeds="")
    with pytest.raises(ConfigError, match=r"^--index on the command line is empty"):
        load_settings(seeds="documents", index="")


def test_invalid_variable_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text from the environment is converted to the type of the setting, if possible."""
    monkeypatch.setenv("FOOTNOTE_THREADS", "many")
    with pytest.raises(
        ConfigError, match="setting threads = 'many' in the environment: expected a whole number from 0 to"
    ):
        load_settings()


def test_invalid_host_in_the_environment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says where the value came from."""
    monkeypatch.setenv("FOOTNOTE_DISCORD__HEALTH_HOST", "1.2.3")
    with pytest.raises(ConfigError, match=r"setting discord.health_host = '1.2.3' in the environment: expected an IP"):
        load_settings()


def test_each_seeds_folder_has_its_own_index(tmp_path: Path) -> None:
    """Asking another folder never overwrites the index of the sample documents."""
    default, other = load_settings(), load_settings(seeds=str(tmp_path))
    assert default.seeds_folder == sample_seeds()
    assert default.index_folder.name == "index"
    assert other.index_folder.name.startswith("index-")
    assert load_settings(seeds=str(tmp_path / ".." / tmp_path.name)).index_folder == other.index_folder
    assert load_settings(index=str(tmp_path)).index_folder == tmp_path


def test_the_cache_of_models_is_in_the_cache_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting names another folder or none; without a home folder there is no default."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    assert load_settings().model_cache_folder == tmp_path / "footnote" / "models"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: Path("~/.cache") / name)
    assert load_settings().model_cache_folder is None
    monkeypatch.setenv("FOOTNOTE_MODEL_CACHE", str(tmp_path / "other"))
    assert load_settings().model_cache_folder == tmp_path / "other"
    monkeypatch.setenv("FOOTNOTE_MODEL_CACHE", "")
    assert load_settings().model_cache_folder is None


def test_settings_survive_the_way_through_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process gets the same numbers and texts from the variables, whatever its own file says."""
    file = tmp_path / "footnote.toml"
    file.write_text('seeds = "some where"\nthreads = 3\n[answer]\nthreshold = 0.25\n[documents]\nlanguage = "de"\n')
    settings = load_settings(file)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    other = tmp_path / "other.toml"
    other.write_text('seeds = "elsewhere"\nthreads = 7\ngolden = "questions.yaml"\n')
    assert load_settings(other) == settings

"""Sources in the settings: what is wrong with one is a line that names it, without its address."""

from pathlib import Path

import pytest

from config.settings import ConfigError, as_environment, load_settings

SSH = """kind = "git"\nname = "a"\naddress = "{}"\n"""
GIT = 'kind = "git"\nname = "a"\naddress = "https://x.example/r"\n'
SITE = 'kind = "site"\nname = "s"\naddress = "https://x.example/"\nprefixes = ["https://x.example/"]\n'


def sources(*tables: str) -> str:
    return "".join(f"[[sync.sources]]\n{table}" for table in tables)


def test_source_has_a_folder_and_a_name_for_citations(tmp_path: Path) -> None:
    """Both default to its name; the version is kept apart from the title."""
    file = tmp_path / "footnote.toml"
    other = GIT.replace('"a"', '"b"') + 'folder = "Manual/v 2"\ntitle = "Manual"\nversion = "2.3"\n'
    file.write_text(f"[sync]\nmax_files = 7\n{sources(GIT, other)}")
    sync = load_settings(file).sync
    assert (sync.max_files, sync.max_minutes) == (7, 60)
    assert [source.target for source in sync.sources] == ["a", "Manual/v 2"]
    assert [source.citation_source for source in sync.sources] == [None, "Manual"]
    assert [source.version for source in sync.sources] == ["", "2.3"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (sources('kind = "svn"\nname = "a"\n'), "setting sync.sources[0].kind in {file}: Invalid value 'svn'"),
        (sources(GIT, 'kind = "git"\n'), "setting sync.sources[1] in {file}: Object missing required field name"),
        (sources(f"{GIT}brunch = 1\n"), "setting sync.sources[0] in {file}: Object contains unknown field brunch"),
        (sources(f"{GIT}branch = 1\n"), "setting sync.sources[0].branch in {file}: Expected str, got int"),
        (sources(GIT.replace('"a"', '"A b"')), "setting sync.sources[0].name in {file}: Expected str matching"),
        ("[sync]\nmax_files = 0\n", "setting sync.max_files = 0 in {file}: expected a whole number from 1 to"),
    ],
)
def test_value_of_the_wrong_kind(tmp_path: Path, content: str, message: str) -> None:
    """The line has the number of the source and the key."""
    file = tmp_path / "footnote.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(message.format(file=file))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (sources(GIT, GIT), "source a: another source has this name"),
        (sources(GIT, GIT.replace('"a"', '"b"') + 'folder = "A"\n'), "source b: its folder is the one of a, inside it"),
        (
            sources(GIT, GIT.replace('"a"', '"b"') + 'folder = "a/b"\n'),
            "source b: its folder is the one of a, inside it",
        ),
        *(
            (sources(f'{GIT}folder = "{folder}"\n'), f"source a: folder '{folder}' is not the name of a folder")
            for folder in ("../x", "/x", ".sync", "a//b", "a/../b", "a/", "x. ")
        ),
        (sources(GIT.replace("https", "ftp")), "source a: address must begin with https://, ssh:// or http://"),
        (sources(GIT.replace("https://", "")), "source a: address must begin with https://, ssh:// or http://"),
        (sources(SSH.format("ssh://git:secret@h.example/r")), "source a: address must not contain a password; ssh"),
        (sources(SSH.format("ssh://-oProxyCommand=x/r")), "source a: address must be like ssh://git@host/path"),
        (sources(SSH.format("ssh://h.example")), "source a: address must be like ssh://git@host/path"),
        (sources(SSH.format("git@-h.example:r")), "source a: address must begin with https://, ssh:// or http://"),
        (sources(SSH.format("git@h.example:-r")), "source a: address must begin with https://, ssh:// or http://"),
        (sources(GIT.replace("x.example", "x:99999")), "source a: address is invalid"),
        (sources(GIT.replace("//x", "//me:s3cret@x")), "source a: address must not contain a password; name the"),
        (sources(f'{GIT}url = "javascript:x"\n'), "source a: url must begin with https:// or http://"),
        (
            sources(SITE.replace('https://x.example/"]', 'x"]')),
            "source s: each of its prefixes must begin with https://",
        ),
        (
            sources(f'{GIT}url = "https://x/{{file}}"\n'),
            "source a: url has {file}; what can be filled in is {branch}, {commit}, {line}, {page}, {path}, {stem}",
        ),
    ],
)
def test_source_that_cannot_work(tmp_path: Path, content: str, message: str) -> None:
    """The line says what to change, and never shows an address, which may have a password in it."""
    file = tmp_path / "footnote.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"setting sync.sources in {file}: {message}")
    assert "s3cret" not in str(caught.value)


def test_sources_reach_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that stand for settings have the sources with their kinds."""
    file = tmp_path / "footnote.toml"
    file.write_text(sources(f'{GIT}include = ["*.md"]\n', SITE))
    settings = load_settings(file)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings().sync == settings.sync

"""Lines that managers of a server read name files, but not where they are on the operator's machine."""

from pathlib import Path

import pytest

from bot.discord_bot.operations.maintenance import Maintenance
from config.settings import load_settings


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("cannot read /srv/x/handbook.pdf: bad", "cannot read handbook.pdf: bad"),
        ("Permission denied: '/srv/secret notes/a b.md'", "Permission denied: 'a b.md'"),
        ("error:/srv/a/b.c", "error:b.c"),
        ("reading file:///srv/a/b.txt", "reading file:b.txt"),
        ("C:\\Users\\bob\\x.md is bad", "x.md is bad"),
        ("~/docs/a.md and /tmp/x/", "a.md and x"),
        ("see https://example.org/a/b?c=1, 1/2/3 and and/or", "see https://example.org/a/b?c=1, 1/2/3 and and/or"),
        ("guides/a/b.md: no text; run /footnote rebuild", "guides/a/b.md: no text; run /footnote rebuild"),
        ("the golden file {root}/my gold/golden.yaml is missing", "the golden file golden.yaml is missing"),
        ("the seeds folder {root}/my seeds contains no documents", "the seeds folder my seeds contains no documents"),
        ("{root}/my seeds/a b/c d.md: no text", "my seeds/a b/c d.md: no text"),
    ],
)
def test_paths_are_reduced_to_names(tmp_path: Path, line: str, shown: str) -> None:
    """Absolute paths of any system lose their folders; addresses and paths inside the folder of documents stay."""
    settings = load_settings(
        seeds=str(tmp_path / "my seeds"), index=str(tmp_path / "my index"), golden=str(tmp_path / "my gold/golden.yaml")
    )

    assert Maintenance(settings)._without_paths(line.format(root=tmp_path)) == shown

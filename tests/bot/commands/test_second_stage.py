"""The second stage from the command line: off, compiled, used, copied, damaged."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.asking import rerank
from retrieval.asking.rerank import RERANKED_HITS, passage_of_row
from retrieval.encoding import cross_encoder, index_cross_encoder
from retrieval.store import opening
from tests.bot.conftest import RunFootnote
from tests.support.paths import ROOT

ASKED = "Who is the defence minister of Japan?"  # no date and no number, so that sources do not differ
ALL = ["--top", "20", "--json"]


@pytest.fixture
def place(tmp_path: Path, sample_index: Path, compiled_cross_encoder: Path, tiny_cross_encoder: Path) -> list[str]:
    """Return the options for an index with a compiled cross-encoder and a config file that names it."""
    index, source = tmp_path / "index", tmp_path / "cross-encoder"
    shutil.copytree(sample_index, index, copy_function=os.link)
    shutil.copytree(compiled_cross_encoder / "models", index / "models", copy_function=os.link, dirs_exist_ok=True)
    shutil.copytree(tiny_cross_encoder, source)
    config = tmp_path / "on.toml"
    config.write_text(f'[ranker]\ncross_encoder = "{source}"\n[answer]\nthreshold = 0.0\n')
    (tmp_path / "off.toml").write_text("[answer]\nthreshold = 0.0\n")
    return ["--index", str(index), "--config", str(config)]


def off(place: list[str]) -> list[str]:
    return [*place[:3], place[3].replace("on.toml", "off.toml")]


def spoil(path: Path) -> None:
    """Damage a file without touching the one it is linked to."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def quotes(run: "subprocess.CompletedProcess[str]") -> list[str]:
    return [quote["text"] for quote in json.loads(run.stdout)["quotes"]]


def tree(folder: str) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in Path(folder).rglob("*") if path.is_file()}


def test_the_quotes_come_in_the_order_of_sentence_transformers(
    footnote: RunFootnote, place: list[str], tiny_cross_encoder: Path
) -> None:
    """The first twenty of the first stage, ordered by CrossEncoder.predict; scores and confidence stay theirs."""
    from sentence_transformers import CrossEncoder

    footnote("rebuild", *place)
    plain = json.loads(footnote("ask", ASKED, *ALL, *off(place)).stdout)
    answer = json.loads(footnote("ask", ASKED, *ALL, *place).stdout)
    index = opening.open_index(Path(place[1])).index
    rows = {index.text(row): row for row in range(index.count)}
    model = CrossEncoder(str(tiny_cross_encoder), device="cpu", local_files_only=True)
    orders = []
    for given in (answer, plain):  # of each paragraph the best sentence is quoted; all of these are read again
        texts = [quote["text"] for quote in given["quotes"]][: RERANKED_HITS // 4]
        orders.append(model.predict([(ASKED, passage_of_row(index, rows[text])) for text in texts]).tolist())
    assert orders[0] == sorted(orders[0], reverse=True)
    assert orders[1] != sorted(orders[1], reverse=True)
    known = {quote["text"]: quote["score"] for quote in plain["quotes"]}
    assert all(known.get(quote["text"], quote["score"]) == quote["score"] for quote in answer["quotes"])
    assert answer["confidence"] == answer["quotes"][0]["score"]


def test_the_life_of_a_second_stage(footnote: RunFootnote, place: list[str], tmp_path: Path) -> None:
    """Not compiled: one line and the first stage. Rebuild: no document is encoded, nothing is published."""
    plain = footnote("ask", ASKED, *ALL, *off(place))
    done = footnote("ask", ASKED, *ALL, *place)
    name = str(tmp_path / "cross-encoder")
    assert (quotes(done), done.returncode) == (quotes(plain), 0)
    reason = f"the cross-encoder {name} is not compiled for this index; run: footnote rebuild"
    assert done.stderr == f"footnote: answering without the second stage: {reason}\n"
    assert footnote("status", *place).stderr == f"footnote: {reason}\n"

    before = tree(place[1])
    report = json.loads(footnote("rebuild", "--json", *place).stdout)
    assert (report["published"], report["generation"], report["encoded_windows"]) == (False, "gen-1", 0)
    assert tree(place[1]).keys() - before.keys() == {str(Path(place[1]) / "cross-encoder.json")}
    before = tree(place[1])
    done = footnote("rebuild", *place)
    assert (done.stdout.startswith("Nothing changed; gen-1 stays live"), done.stderr) == (True, "")
    done = footnote("rebuild", "--dry-run", "--json", *place)
    assert json.loads(done.stdout)["compiles_cross_encoder"] is False
    assert tree(place[1]) == before

    state = json.loads(footnote("status", "--json", *place).stdout)["cross_encoder"]
    assert (state["name"], state["warning"]) == (name, None)
    assert f"cross-encoder {name} ({state['fingerprint']})" in footnote("status", *place).stdout

    reordered = footnote("ask", ASKED, *ALL, *place)
    assert reordered.stderr == ""
    assert quotes(reordered) != quotes(plain)
    best = quotes(reordered)[0]
    assert " ".join(best.split()) in " ".join(footnote("chat", *place, stdin=f"{ASKED}\n").stdout.split())
    golden = tmp_path / "golden.yaml"
    golden.write_text(f"- question: {ASKED}\n  expect: none\n")
    (case,) = json.loads(footnote("eval", str(golden), "--json", *place).stdout)["cases"]
    assert case["given"]["text"] == best

    after = footnote("ask", ASKED, *ALL, *off(place))
    assert (quotes(after), after.stderr) == (quotes(plain), "")
    assert "\ncross-encoder " not in footnote("status", *off(place)).stdout
    assert "cross_encoder" not in json.loads(footnote("status", "--json", *off(place)).stdout)


def test_a_damaged_second_stage_is_said_and_compiled_again(footnote: RunFootnote, place: list[str]) -> None:
    """The first stage answers meanwhile; verify and status notice too."""
    footnote("rebuild", *place)
    fingerprint = json.loads((Path(place[1]) / "cross-encoder.json").read_text())["fingerprint"]
    expected = quotes(footnote("ask", ASKED, *ALL, *place))
    assert footnote("verify", *place).returncode == 0
    spoil(Path(place[1]) / "models" / fingerprint / "model.weights")
    done = footnote("ask", ASKED, *ALL, *place)
    assert quotes(done) == quotes(footnote("ask", ASKED, *ALL, *off(place)))
    assert len(done.stderr.splitlines()) == 1
    assert f"({fingerprint}) is damaged; run: footnote rebuild" in done.stderr
    assert "is damaged; run: footnote rebuild" in footnote("status", *place).stderr
    assert footnote("verify", *place).returncode == 1
    assert footnote("verify", *off(place)).returncode == 0
    before = tree(place[1])
    dry = footnote("rebuild", "--dry-run", *place).stdout
    assert "A rebuild would compile the cross-encoder" in dry
    assert json.loads(footnote("rebuild", "--dry-run", "--json", *place).stdout)["compiles_cross_encoder"] is True
    assert tree(place[1]) == before
    report = json.loads(footnote("rebuild", "--json", *place).stdout)
    assert (report["compiled_cross_encoder"], report["published"]) == (True, False)
    assert quotes(footnote("ask", ASKED, *ALL, *place)) == expected
    assert footnote("verify", *place).returncode == 0


def test_a_copied_index_answers_without_torch_and_without_the_model(
    footnote: RunFootnote, place: list[str], tmp_path: Path
) -> None:
    """The answer path with a second stage loads nothing that builds, wherever the index lies."""
    footnote("rebuild", *place)
    expected = quotes(footnote("ask", ASKED, *ALL, *place))
    shutil.rmtree(tmp_path / "cross-encoder")
    (tmp_path / "index").rename(tmp_path / "copy")
    arguments = ["ask", ASKED, *ALL, "--index", str(tmp_path / "copy"), *place[2:]]
    program = (
        f"import sys; from bot.commands.cli import run; code = run({arguments!r}); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'onnx', 'yaml', "
        "'markdown_it', 'sentencex', 'huggingface_hub'}; "
        "sys.exit('loaded: ' + ' '.join(heavy & set(sys.modules)) if heavy & set(sys.modules) else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert quotes(done) == expected


def test_a_second_stage_that_is_off_is_not_imported(sample_index: Path) -> None:
    """Nobody pays for what is not switched on."""
    optional = {module.__name__ for module in (index_cross_encoder, cross_encoder, rerank)}
    program = (
        "import sys; from bot.commands.cli import run; "
        f"code = run(['ask', {ASKED!r}, '--index', {str(sample_index)!r}]); "
        f"loaded = {optional!r} & set(sys.modules); "
        "sys.exit('loaded: ' + ' '.join(loaded) if loaded else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_second_stage_that_cannot_be_is_one_line(footnote: RunFootnote, place: list[str], tmp_path: Path) -> None:
    """A folder that is not there, and one without safetensors, stop a rebuild; the index stays as it was."""
    (tmp_path / "cross-encoder" / "model.safetensors").unlink()
    for arguments in (["rebuild"], ["rebuild", "--dry-run"]):
        done = footnote(*arguments, *place)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert "contains no .safetensors weights; name another one" in done.stderr
    shutil.rmtree(tmp_path / "cross-encoder")
    done = footnote("rebuild", *place)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert f'ranker.cross_encoder = "{tmp_path / "cross-encoder"}" cannot be used: model' in done.stderr
    assert opening.open_index(Path(place[1])).warning is None

"""The second stage on the command line: off, compiled, used, copied, damaged."""

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

QUESTION = "Who is the defence minister of Japan?"  # about no date and no number, so that sources do not differ
ALL = ["--top", "20", "--json"]


@pytest.fixture
def on(tmp_path: Path, sample_index: Path, compiled_cross_encoder: Path, tiny_cross_encoder: Path) -> list[str]:
    """Return the options for an index with a compiled cross-encoder, and for a config file that names it."""
    index, source = tmp_path / "index", tmp_path / "cross-encoder"
    shutil.copytree(sample_index, index, copy_function=os.link)
    shutil.copytree(compiled_cross_encoder / "models", index / "models", copy_function=os.link, dirs_exist_ok=True)
    shutil.copytree(tiny_cross_encoder, source)
    config = tmp_path / "on.toml"
    config.write_text(f'[ranker]\ncross_encoder = "{source}"\n[answer]\nthreshold = 0.0\n')
    (tmp_path / "off.toml").write_text("[ranker]\nreader = false\n[answer]\nthreshold = 0.0\n")
    return ["--index", str(index), "--config", str(config)]


def off(on: list[str]) -> list[str]:
    return [*on[:3], on[3].replace("on.toml", "off.toml")]


def damage(path: Path) -> None:
    """Replace a file with a damaged copy, which leaves other links to the file intact."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def quotes(run: "subprocess.CompletedProcess[str]") -> list[str]:
    return [quote["text"] for quote in json.loads(run.stdout)["quotes"]]


def tree(folder: str) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in Path(folder).rglob("*") if path.is_file()}


def test_quotes_are_in_the_order_of_sentence_transformers(
    footnote: RunFootnote, on: list[str], tiny_cross_encoder: Path
) -> None:
    """CrossEncoder.predict orders the best 20 of the first stage; their scores and the confidence stay as they were."""
    from sentence_transformers import CrossEncoder

    footnote("rebuild", *on)
    plain = json.loads(footnote("ask", QUESTION, *ALL, *off(on)).stdout)
    answer = json.loads(footnote("ask", QUESTION, *ALL, *on).stdout)
    index = opening.open_index(Path(on[1])).index
    rows = {index.text(row): row for row in range(index.count)}
    model = CrossEncoder(str(tiny_cross_encoder), device="cpu", local_files_only=True)
    orders = []
    for result in (answer, plain):  # each paragraph gives its best sentence, and all of them are read again
        texts = [quote["text"] for quote in result["quotes"]][: RERANKED_HITS // 4]
        orders.append(model.predict([(QUESTION, passage_of_row(index, rows[text])) for text in texts]).tolist())
    assert orders[0] == sorted(orders[0], reverse=True)
    assert orders[1] != sorted(orders[1], reverse=True)
    scores = {quote["text"]: quote["score"] for quote in plain["quotes"]}
    assert all(scores.get(quote["text"], quote["score"]) == quote["score"] for quote in answer["quotes"])
    assert answer["confidence"] == answer["quotes"][0]["score"]


def test_life_of_a_second_stage(footnote: RunFootnote, on: list[str], tmp_path: Path) -> None:
    """Until it is compiled, the first stage answers and a line says so. Compiling encodes and publishes nothing."""
    plain = footnote("ask", QUESTION, *ALL, *off(on))
    done = footnote("ask", QUESTION, *ALL, *on)
    name = str(tmp_path / "cross-encoder")
    assert (quotes(done), done.returncode) == (quotes(plain), 0)
    reason = f"the cross-encoder {name} is not compiled for this index; run: footnote rebuild"
    assert done.stderr == f"footnote: answering without the second stage: {reason}\n"
    assert footnote("status", *on).stderr == f"footnote: {reason}\n"

    before = tree(on[1])
    report = json.loads(footnote("rebuild", "--json", *on).stdout)
    assert (report["published"], report["generation"], report["encoded_windows"]) == (False, "gen-1", 0)
    assert tree(on[1]).keys() - before.keys() == {str(Path(on[1]) / "cross-encoder.json")}
    before = tree(on[1])
    done = footnote("rebuild", *on)
    assert (done.stdout.startswith("Nothing changed; gen-1 stays live"), done.stderr) == (True, "")
    done = footnote("rebuild", "--dry-run", "--json", *on)
    assert json.loads(done.stdout)["compiles_cross_encoder"] is False
    assert tree(on[1]) == before

    state = json.loads(footnote("status", "--json", *on).stdout)["cross_encoder"]
    assert (state["name"], state["warning"]) == (name, None)
    assert f"cross-encoder {name} ({state['fingerprint']})" in footnote("status", *on).stdout

    reordered = footnote("ask", QUESTION, *ALL, *on)
    assert reordered.stderr == ""
    assert quotes(reordered) != quotes(plain)
    best = quotes(reordered)[0]
    assert " ".join(best.split()) in " ".join(footnote("chat", *on, stdin=f"{QUESTION}\n").stdout.split())
    golden = tmp_path / "golden.yaml"
    golden.write_text(f"- question: {QUESTION}\n  expect: none\n")
    (case,) = json.loads(footnote("eval", str(golden), "--json", *on).stdout)["cases"]
    assert case["given"]["text"] == best

    after = footnote("ask", QUESTION, *ALL, *off(on))
    assert (quotes(after), after.stderr) == (quotes(plain), "")
    assert "\ncross-encoder " not in footnote("status", *off(on)).stdout
    assert "cross_encoder" not in json.loads(footnote("status", "--json", *off(on)).stdout)


def test_damaged_second_stage_is_reported_and_compiled_again(footnote: RunFootnote, on: list[str]) -> None:
    """Until then the first stage answers; verify and status notice the damage as well."""
    footnote("rebuild", *on)
    fingerprint = json.loads((Path(on[1]) / "cross-encoder.json").read_text())["fingerprint"]
    expected = quotes(footnote("ask", QUESTION, *ALL, *on))
    assert footnote("verify", *on).returncode == 0
    damage(Path(on[1]) / "models" / fingerprint / "model.weights")
    done = footnote("ask", QUESTION, *ALL, *on)
    assert quotes(done) == quotes(footnote("ask", QUESTION, *ALL, *off(on)))
    assert len(done.stderr.splitlines()) == 1
    assert f"({fingerprint}) is damaged; run: footnote rebuild" in done.stderr
    assert "is damaged; run: footnote rebuild" in footnote("status", *on).stderr
    assert footnote("verify", *on).returncode == 1
    assert footnote("verify", *off(on)).returncode == 0
    before = tree(on[1])
    dry = footnote("rebuild", "--dry-run", *on).stdout
    assert "A rebuild would compile the cross-encoder" in dry
    assert json.loads(footnote("rebuild", "--dry-run", "--json", *on).stdout)["compiles_cross_encoder"] is True
    assert tree(on[1]) == before
    report = json.loads(footnote("rebuild", "--json", *on).stdout)
    assert (report["compiled_cross_encoder"], report["published"]) == (True, False)
    assert quotes(footnote("ask", QUESTION, *ALL, *on)) == expected
    assert footnote("verify", *on).returncode == 0


def test_copied_index_answers_without_torch_and_without_the_source_of_its_models(
    footnote: RunFootnote, on: list[str], tmp_path: Path
) -> None:
    """With a second stage too, answering loads nothing that only building needs, wherever the index is."""
    footnote("rebuild", *on)
    expected = quotes(footnote("ask", QUESTION, *ALL, *on))
    shutil.rmtree(tmp_path / "cross-encoder")
    (tmp_path / "index").rename(tmp_path / "copy")
    arguments = ["ask", QUESTION, *ALL, "--index", str(tmp_path / "copy"), *on[2:]]
    program = (
        f"import sys; from bot.commands.cli import run; code = run({arguments!r}); "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'onnx', 'yaml', "
        "'markdown_it', 'sentencex', 'huggingface_hub'}; "
        "sys.exit('loaded: ' + ' '.join(heavy & set(sys.modules)) if heavy & set(sys.modules) else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert quotes(done) == expected


def test_second_stage_is_not_imported_while_it_is_off(sample_index: Path) -> None:
    """It costs nothing then."""
    optional = {module.__name__ for module in (index_cross_encoder, cross_encoder, rerank)}
    program = (
        "import sys; from bot.commands.cli import run; "
        f"code = run(['ask', {QUESTION!r}, '--index', {str(sample_index)!r}]); "
        f"loaded = {optional!r} & set(sys.modules); "
        "sys.exit('loaded: ' + ' '.join(loaded) if loaded else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_unusable_second_stage_is_one_line(footnote: RunFootnote, on: list[str], tmp_path: Path) -> None:
    """A missing folder, or one without safetensors weights, stops a rebuild; the index stays as it was."""
    (tmp_path / "cross-encoder" / "model.safetensors").unlink()
    for arguments in (["rebuild"], ["rebuild", "--dry-run"]):
        done = footnote(*arguments, *on)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert "contains no .safetensors weights; name another one" in done.stderr
    shutil.rmtree(tmp_path / "cross-encoder")
    done = footnote("rebuild", *on)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert f'ranker.cross_encoder = "{tmp_path / "cross-encoder"}" cannot be used: model' in done.stderr
    assert opening.open_index(Path(on[1])).warning is None

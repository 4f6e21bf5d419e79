"""Verification of an index from end to end."""

from retrieval.encoding import models
from retrieval.progress import silent
from retrieval.store import opening
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import rebuild
from retrieval.upkeep.verify import verify_index


def test_changed_documents_are_listed_and_damage_is_a_problem(options: RebuildOptions) -> None:
    """A whole index has no problems; damaged token vectors and a damaged model are named."""
    rebuild(options, silent)
    whole = verify_index(options.index, options.seeds, silent)
    assert (whole.problems, whole.changed, whole.on_disk) == ((), (), whole.quotes)
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    changed = verify_index(options.index, options.seeds, silent)
    assert (changed.problems, changed.changed, changed.on_disk) == ((), ("ferry.txt",), whole.quotes - 1)
    compiled = models.compiled_folder(options.index, opening.open_index(options.index).index.fingerprint)
    damaged = (options.index / "gen-1" / "tokens-1.2bit", compiled / "tokenizer.json")
    for path in damaged:
        content = path.read_bytes()
        path.unlink()  # the model's file has a second name
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    result = verify_index(options.index, options.seeds, silent)
    assert result.files == whole.files - 2
    assert all(f"{path} does not match its checksum" in result.problems for path in damaged)

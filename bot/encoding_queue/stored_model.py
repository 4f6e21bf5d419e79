"""Carry a compiled model through the queue, so that a worker needs neither the model's package nor torch.

A processor with other instructions may compute other bytes from the same model. So the publisher encodes known texts,
and a worker takes no job unless it makes the same vectors of them.
"""

import hashlib
import re
from pathlib import Path

from retrieval import files
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.errors import FootnoteError, ModelError
from retrieval.index.window_vectors import encode_here, pack_vectors
from retrieval.types import Encoder, Window

NAME = re.compile(r"\w[\w.-]*")  # of a file
FORMAT = b"1"  # of the packed vectors; rises when workers of another version must not take part
SHORT = "Opening hours. The library opens at nine on weekdays. Closed on 24 December!"
STEP = "Step {0}: turn valve {1} until the gauge shows {0}.{1} bar."
LONG = " ".join(STEP.format(number, number * 7 % 31) for number in range(40))  # longer than a model's window
OTHER_SCRIPTS = "Öffnungszeiten: 9–17 Uhr. Часы работы с девяти. 图书馆九点开门。"
PROOF_WINDOWS = [Window(text, 0, ((0, 20), (20, len(text)))) for text in (SHORT, LONG, OTHER_SCRIPTS)]


def make_proof(encoder: Encoder) -> bytes:
    """Compute a checksum of the vectors of known windows, which tells whether another machine computes the same."""
    digest = hashlib.sha256(FORMAT)
    for _, vectors in encode_here(encoder, PROOF_WINDOWS):
        digest.update(pack_vectors(vectors))
    return digest.digest()


def read_model(folder: Path) -> dict[str, bytes]:
    """Read the files of a compiled model by name. Raises ModelError."""
    names = [models.MANIFEST, *models.read_manifest(folder)["files"]]
    return {name: (folder / name).read_bytes() for name in names}


def digest_of(fingerprint: str, proof: bytes, content: dict[str, bytes]) -> bytes:
    """Compute a checksum of a compiled model and its proof."""
    digest = hashlib.sha256(repr((fingerprint, proof)).encode())
    for name in sorted(content):
        digest.update(repr((name, hashlib.sha256(content[name]).digest())).encode())
    return digest.digest()


def open_model(content: dict[str, bytes], folder: Path, fingerprint: str, threads: int) -> Encoder:
    """Write the files of a compiled model to a folder and open its encoder. Raises ModelError if it is damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        if not NAME.fullmatch(name):
            raise ModelError(f"a model in the queue contains a file with the name {name!r}")
        files.write(folder / name, data)
    try:
        if models.is_intact(folder):
            return open_encoder(folder, fingerprint, threads)
    except (OSError, FootnoteError):
        raise
    except Exception as error:  # of the runtime, or of a manifest that is none: each library has its own errors
        raise ModelError(f"the model {fingerprint!r} in the queue cannot be opened ({type(error).__name__})") from None
    raise ModelError(f"the model {fingerprint!r} in the queue is damaged")

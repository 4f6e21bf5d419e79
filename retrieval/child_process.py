"""Give a child process the code of this one, and no more of its environment than it needs."""

import os
from pathlib import Path

ROOT = str(Path(__file__).parents[1])  # holds bot, config and retrieval
PASSED_NAMES = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ")
# Caches and access of the model hub, numbers of threads, certificates and proxies.
PASSED_PREFIXES = (
    "HF_",
    "XDG_",
    "OMP_",
    "MKL_",
    "OPENBLAS_",
    "SSL_",
    "REQUESTS_",
    "CURL_",
    "HTTP_",
    "HTTPS_",
    "NO_PROXY",
)


def python_path() -> str:
    """Make the PYTHONPATH of a child process: the folder of this code before what the variable holds already."""
    return os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH"))))


def child_environment() -> dict[str, str]:
    """Make the environment of a child process that uses models: known variables only, since others may hold secrets."""
    passed = {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_NAMES or name.upper().startswith(PASSED_PREFIXES)
    }
    return passed | {"PYTHONPATH": python_path()}

"""Adapter of Fulgurite for the runner of the WebAssembly project's wasi-testsuite.

The runner loads this file as a module and asks the functions below. `FULGURITE` names the command, `fulgurite` unless set:

    FULGURITE="target/release/fulgurite" python3 WASI_TESTSUITE/run-tests --runtime-adapter wasi/adapter/fulgurite.py
"""

import os
import shlex
import subprocess
from typing import Dict, List, Optional, Tuple

COMMAND = shlex.split(os.getenv("FULGURITE", "fulgurite"))


def get_name() -> str:
    """What the runner calls this runtime."""
    return "fulgurite"


def get_version() -> str:
    """The last word of `fulgurite --version`."""
    result = subprocess.run(COMMAND[:1] + ["--version"], encoding="UTF-8", capture_output=True, check=True)
    return result.stdout.split()[-1]


def get_wasi_versions() -> List[str]:
    """The versions of WASI whose tests apply."""
    return ["wasm32-wasip1"]


def get_wasi_worlds() -> List[str]:
    """The worlds whose tests apply: programs."""
    return ["wasi:cli/command"]


def compute_argv(
    test_path: str,
    args_env_root: Tuple[List[str], Dict[str, str], Optional[str]],
    proposals: List[str],
    wasi_world: str,
    wasi_version: str,
) -> List[str]:
    """The command that runs one test. Version and world are told by what the module imports and exports, and proposals need no option."""
    args, env, root = args_env_root
    argv = COMMAND + ["run"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        argv += ["--dir", f"{root}::/"]
    return argv + [test_path] + args

"""The program that holds the fuzz targets: how it is built, and what it can be asked."""

import os
import subprocess
from pathlib import Path

from lab import paths
from lab.errors import LabError, expect

FOLDER = paths.REPOSITORY / ".build-fuzz"
WORK = FOLDER / "work"
INPUTS = paths.REPOSITORY / "Tests" / "Fuzz"
_BINARY = FOLDER / "release" / "Fuzz"
_SWIFT = os.environ.get("SWIFT", "swift")
# Optimised, since it is to run millions of times, but with all checks that a debug build has: of indices into buffers, and
# what `assert` says. The address sanitizer sees what C code and unsafe pointers do all the same.
# What libFuzzer counts is said in Package.swift.
_OPTIONS = ["-c", "release", "--product", "Fuzz", "--scratch-path", str(FOLDER), "-Xswiftc", "-sanitize=address",
            "-Xswiftc", "-enable-testing", "-Xswiftc", "-assert-config", "-Xswiftc", "Debug",
            # The toolchain's own: the system's may not know what the sanitizers leave in their libraries.
            "-Xswiftc", "-use-ld=lld"]
# Sets have the same order each time, so that a seed leads to the same inputs; a trap is told by libFuzzer alone. Where
# memory came from is kept in short while inputs are tried, which makes a fifth more of them.
ENVIRONMENT = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1", "SWIFT_BACKTRACE": "enable=no"}
HURRY = {"ASAN_OPTIONS": "malloc_context_size=1"}


def build() -> None:
    done = subprocess.run([_SWIFT, "build", *_OPTIONS], cwd=paths.REPOSITORY, env=os.environ | {"ROUTEFLOW_FUZZ": "1"},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise LabError(f"swift build failed:\n{done.stdout[-4000:]}")


def targets() -> list[str]:
    expect(_BINARY.exists(), f"{_BINARY} is missing: run without --no-build")
    return subprocess.run([_BINARY, "--list"], capture_output=True, text=True, check=True).stdout.split()


def command(target: str, *words: object) -> list[str]:
    return [str(word) for word in (_BINARY, target, *words)]


def replay(chosen: list[str], files: list[str]) -> int:
    """Tries inputs once, with all that is to be seen."""
    expect(len(chosen) == 1, "--replay needs one --target")
    return subprocess.run(command(chosen[0], *files), env=ENVIRONMENT).returncode


def kept(target: str) -> list[Path]:
    """The inputs that a target begins with."""
    return sorted(file for kind in ("corpus", "cases") for file in (INPUTS / kind / target).glob("*"))

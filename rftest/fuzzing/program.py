"""The program that holds the fuzz targets: how it is built, and what it can be asked."""

import os
import subprocess
from pathlib import Path

from lab import paths
from lab.errors import LabError, expect

_INPUTS = paths.REPOSITORY / "Tests" / "Fuzz"
_SWIFT = os.environ.get("SWIFT", "swift")
# Optimised, since it is to run millions of times, but with all checks that a debug build has: of indices into buffers, and
# what `assert` says. What libFuzzer counts is said in Package.swift.
_OPTIONS = ["-c", "release", "--product", "Fuzz", "-Xswiftc", "-enable-testing", "-Xswiftc", "-assert-config", "-Xswiftc", "Debug",
            # The toolchain's own: the system's may not know what the sanitizers leave in their libraries.
            "-Xswiftc", "-use-ld=lld"]
# Sets have the same order each time, so that a seed leads to the same inputs; a trap is told by libFuzzer alone.
_ENVIRONMENT = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1", "SWIFT_BACKTRACE": "enable=no"}
# Where memory came from is kept in short while inputs are tried, which makes a fifth more of them.
_HURRY = {"ASAN_OPTIONS": "malloc_context_size=1"}


class Program:
    """The program, with AddressSanitizer or, at up to four times the speed, without."""

    def __init__(self, is_address_sanitized: bool):
        self._is_address_sanitized = is_address_sanitized
        self._folder = paths.REPOSITORY / (".build-fuzz-address" if is_address_sanitized else ".build-fuzz")
        self._binary = self._folder / "release" / "Fuzz"
        self.command = "rftest/fuzz --address-sanitizer" if is_address_sanitized else "rftest/fuzz"

    def build(self) -> None:
        options = [*_OPTIONS, "--scratch-path", self._folder]
        if self._is_address_sanitized:
            options += ["-Xswiftc", "-sanitize=address"]
        done = subprocess.run([_SWIFT, "build", *options], cwd=paths.REPOSITORY, env=os.environ | {"ROUTEFLOW_FUZZ": "1"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise LabError(f"swift build failed:\n{done.stdout[-4000:]}")

    def targets(self) -> list[str]:
        expect(self._binary.exists(), f"{self._binary} is missing: run without --no-build")
        return subprocess.run([self._binary, "--list"], capture_output=True, text=True, check=True).stdout.split()

    def start(self, target: str, *words: object, log: Path) -> subprocess.Popen:
        """Tries inputs."""
        with log.open("wb") as output:
            return subprocess.Popen(self._words(target, *words), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                    env=_ENVIRONMENT | _HURRY)

    def replay(self, target: str, files: list[str]) -> int:
        """Tries inputs once, with all that is to be seen."""
        return subprocess.run(self._words(target, *files), env=_ENVIRONMENT).returncode

    def work(self, target: str) -> Path:
        """Where a campaign against a target keeps its log, and what it finds."""
        return self._folder / "work" / target

    def _words(self, target: str, *words: object) -> list[str]:
        return [str(word) for word in (self._binary, target, *words)]


def kept(target: str) -> list[Path]:
    """The inputs that a target begins with."""
    found = sorted(file for kind in ("corpus", "cases") for file in (_INPUTS / kind / target).glob("*"))
    expect(found, f"{_INPUTS}/corpus/{target} is empty: there is nothing to begin with")
    return found

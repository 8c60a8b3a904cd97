"""A campaign of libFuzzer's against one target: it runs, tells how far it is, and keeps what it finds."""

import re
import shutil
import subprocess
import time
from dataclasses import dataclass

from .program import Program, kept

# An input that takes longer (by the clock: the machine may have other work), or needs more memory, is a find as well.
_LONGEST, _MEMORY = 60, 2048
_STATUS = re.compile(r"^#(\d+)\s+\S+\s+cov: (\d+) ft: (\d+)", re.M)
_EDGES = re.compile(r"Loaded \d+ modules\s+\((\d+) inline 8-bit counters\)")
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_FOUND = re.compile(r"Test unit written to (\S+)")
_WHAT = re.compile(r"Fatal error: (.*)|(?:ERROR|SUMMARY): (?:libFuzzer|AddressSanitizer): (.*)")


@dataclass(frozen=True)
class Progress:
    """What libFuzzer's log says."""

    executions: int
    covered: int        # edges that some input has reached
    edges: int          # all that there are in the program, most of them other targets'

    @classmethod
    def parse(cls, text: str) -> "Progress":
        executed, edges = _EXECUTED.search(text), _EDGES.search(text)
        states = _STATUS.findall(text)
        number, covered, _ = states[-1] if states else (0, 0, 0)
        return cls(int(executed[1] if executed else number), int(covered), int(edges[1]) if edges else 0)


@dataclass(frozen=True)
class Find:
    """An input for which something does not hold."""

    what: str
    advice: str

    @classmethod
    def parse(cls, text: str, target: str, command: str) -> "Find":
        said = [next(filter(None, words)) for words in _WHAT.findall(text)]
        files = _FOUND.findall(text)
        if not files:
            return cls(said[0] if said else "it ended without a word", "no input was written")
        return cls(said[0] if said else "it ended without a word",
                   f"the input:    {files[-1]}\n"
                   f"try it again: {command} --target {target} --replay {files[-1]}\n"
                   f"keep it:      mkdir -p Tests/Fuzz/cases/{target} && cp {files[-1]} Tests/Fuzz/cases/{target}/NAME")


class Campaign:
    """So many inputs, or so many seconds, for one target."""

    def __init__(self, program: Program, name: str, seed: int, runs: int | None, seconds: int | None):
        self._program, self.name, self._seed = program, name, seed
        self._limit = f"-runs={runs}" if runs else f"-max_total_time={seconds}"
        self._folder = program.work(name)
        self.log = self._folder / "log"
        self.find: Find | None = None
        self.seconds = 0.0
        self._process: subprocess.Popen | None = None
        self._began = 0.0

    def start(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        # Named one by one: a folder would be read in an order of the file system's.
        inputs = self._folder / "inputs"
        inputs.write_text(",".join(map(str, kept(self.name))))
        self._process = self._program.start(
            self.name, f"-seed={self._seed}", self._limit, f"-seed_inputs=@{inputs}", f"-artifact_prefix={self._folder}/",
            f"-timeout={_LONGEST}", f"-rss_limit_mb={_MEMORY}", "-print_final_stats=1", "-print_funcs=0", "-verbosity=1",
            log=self.log)
        self._began = time.monotonic()

    @property
    def has_ended(self) -> bool:
        """Whether it has; from then on `find` and `seconds` are right."""
        if self._process is None or self._process.poll() is None:
            return False
        self.seconds = time.monotonic() - self._began
        if self._process.returncode:
            self.find = Find.parse(self._text, self.name, self._program.command)
        return True

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def progress(self) -> Progress:
        return Progress.parse(self._text)

    @property
    def _text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __str__(self) -> str:
        progress = self.progress
        seconds = self.seconds or time.monotonic() - self._began
        return (f"{self.name}: {progress.executions:,} inputs, {progress.executions / max(seconds, 0.1):,.0f} a second, "
                f"{progress.covered:,} edges")

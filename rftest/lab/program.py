"""What the lab programs have in common: their options, the way into the namespace, and the life of a lab."""

import argparse
import json
import signal
from dataclasses import dataclass, field
from typing import Callable

from . import host, namespace, paths, report
from .errors import LabError
from .lab import Lab, leftovers, lock, reset, sweep

BEFORE = paths.RUN / "host.before.json"
KEPT = paths.RUN / "kept"     # there if a lab stands that somebody wanted to keep

Check = Callable[[Lab], None]


@dataclass
class Life:
    """One time that a lab comes up, what is proved then, and goes down again."""

    lab: Lab
    checks: list[Check] = field(default_factory=list)
    title: str = ""


class Program:
    """A lab program. Its subclass says what the lab is, when it is ready, and what is proved of it."""

    name: str
    description: str

    # What a subclass says

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """More options than all programs have."""

    def lives(self, chosen: argparse.Namespace) -> list[Life]:
        """The lab's lives with --check; without it, there is the first alone."""
        raise NotImplementedError

    def wait_ready(self, lab: Lab) -> None:
        """Waits until the lab does its job, and shows how it gets there."""
        raise NotImplementedError

    def show(self, lab: Lab, chosen: argparse.Namespace) -> None:
        """What the user gets without --check, until the lab may go down."""
        raise NotImplementedError

    def leave(self, lab: Lab) -> None:
        """With --keep: prepares the lab for the end of this program."""

    def prove(self, life: Life, chosen: argparse.Namespace) -> tuple[int, int]:
        """With --check: proves what there is to prove. Returns how many checks passed, and how many failed."""
        failed = 0
        for check in life.checks:
            try:
                with report.step((check.__doc__ or check.__name__).splitlines()[0]):
                    check(life.lab)
                    life.lab.expect_no_surprise()
            except Exception:       # the step has shown it; the next check may well pass
                failed += 1
        return len(life.checks) - failed, failed

    # The rest

    def main(self) -> int:
        chosen = self._parser().parse_args()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            namespace.need_root()
            if chosen.reset:
                reset()
                report.line("ok", "nothing is left of the lab")
                return 0
            if not namespace.inside():
                self._prepare()
                namespace.create()
                namespace.enter()
            return self._run(chosen)
        except KeyboardInterrupt:
            return 130
        except LabError as error:
            report.failure(self.name, error)
            return 1

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=self.name, description=self.description, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--check", action="store_true", help="prove that everything works; exit status 0 or 1")
        parser.add_argument("--only", metavar="WORD", help="with --check: only checks whose name contains WORD")
        parser.add_argument("--keep", action="store_true", help="leave the lab up at the end (--reset takes it down)")
        parser.add_argument("--reset", action="store_true", help="remove what an earlier run left, and end")
        parser.add_argument("--verbose", action="store_true", help="the daemons log everything")
        self.add_options(parser)
        return parser

    def _prepare(self) -> None:
        lock()
        if leftovers():     # nobody runs it: whoever does holds the lock
            if KEPT.exists():
                raise LabError(f"a lab was kept up: rftest/{self.name} --reset takes it down")
            report.note("an earlier run left a lab: removing it")
            sweep()
        BEFORE.write_text(json.dumps(host.snapshot()))

    def _run(self, chosen: argparse.Namespace) -> int:
        """Inside the namespace: one life after the other, and what they came to."""
        passed = failed = 0
        try:
            namespace.listen_to_interrupts()
            for life in self._chosen_lives(chosen):
                if life.title:
                    report.note(life.title)
                ok, bad = self._live(life, chosen)
                passed, failed = passed + ok, failed + bad
        except KeyboardInterrupt:
            report.note("interrupted")
            failed += 1
        except Exception as error:
            report.failure(self.name, error)
            failed += 1
        finally:
            if not chosen.keep:
                _ignore_interrupts()
                sweep()
        if chosen.check:
            if not chosen.keep:
                changed = _changed_outside()
                passed, failed = passed + (not changed), failed + changed
            report.line("FAIL" if failed else "ok", f"{passed} passed, {failed} failed")
        return 1 if failed else 0

    def _chosen_lives(self, chosen: argparse.Namespace) -> list[Life]:
        lives = self.lives(chosen)
        if not chosen.check:
            return lives[:1]
        names = dict.fromkeys(_name(check) for life in lives for check in life.checks)
        for life in lives:
            life.checks = [check for check in life.checks if (chosen.only or "") in _name(check)]
        lives = [life for life in lives if life.checks]
        if not lives:
            raise LabError(f"no check's name contains {chosen.only!r}; the names:\n" + "\n".join(names))
        return lives[:1] if chosen.keep else lives

    def _live(self, life: Life, chosen: argparse.Namespace) -> tuple[int, int]:
        """Returns how many checks passed, and how many failed."""
        if chosen.verbose:
            life.lab.log_everything()
        passed = failed = 0
        try:
            life.lab.up()
            if chosen.keep:
                KEPT.touch()
            self.wait_ready(life.lab)
            if chosen.check:
                passed, failed = self.prove(life, chosen)
            else:
                self.show(life.lab, chosen)
        finally:
            if chosen.keep:
                self.leave(life.lab)
        # A lab that did not get so far is swept away.
        if not chosen.keep:
            with report.step("lab taken down"):
                life.lab.down()
        return passed, failed


def wait_for_the_user() -> None:
    """Until Ctrl-C or SIGTERM."""
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        print()


def _name(check: Check) -> str:
    return f"{check.__module__}.{check.__name__}"


def _ignore_interrupts() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _changed_outside() -> bool:
    """Whether the machine outside the lab has changed since before the lab."""
    changes = host.differences(json.loads(BEFORE.read_text()), host.snapshot())
    title = "nothing outside the lab has changed: links, addresses, routes, bridges, services, /etc"
    if changes:
        report.failure(title, LabError("\n".join(changes[:20])))
    else:
        report.line("ok", title)
    return bool(changes)

"""The base container: a minimal Debian 12 with FRRouting, made once by debootstrap and shared by all containers.

Packages are downloaded in the machine's own network, and configured in an empty one, with their own process numbers:
whatever a package might start there reaches nothing and ends with the step.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import time

from . import namespace, paths, report
from .errors import LabError
from .process import ENVIRONMENT, run

SUITE = "bookworm"
LOG = paths.LOG / "create.log"
STAMP = paths.LAB / "base.stamp"
_RECIPE = 1     # to be raised when this file changes what comes out of it
_DEFAULT_MIRROR = "http://deb.debian.org/debian"


def packages() -> list[str]:
    lines = (paths.CONFIG / "base" / "packages").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def fingerprint() -> str:
    return hashlib.sha256(repr((_RECIPE, SUITE, packages())).encode()).hexdigest()


def is_current() -> bool:
    return paths.BASE.is_dir() and STAMP.exists() and STAMP.read_text().strip() == fingerprint()


def create(again: bool = False) -> None:
    """Builds the base container, if it is not there or its list of packages has changed."""
    if is_current() and not again:
        report.line("ok", f"base container {paths.BASE} is there")
        return
    if namespace.exists():
        raise LabError("a lab is running on the base container: rftest/rftest1 --reset stops it")
    new = paths.LAB / "base.new"
    shutil.rmtree(new, ignore_errors=True)
    LOG.unlink(missing_ok=True)
    with report.step(f"download Debian {SUITE} and {len(packages())} packages"):
        _follow(["unshare", "--mount", "debootstrap", "--foreign", "--variant=minbase",
                 f"--include={','.join(packages())}", SUITE, str(new), mirror()])
    with report.step("configure them"):
        _follow(["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "chroot", str(new),
                 "/debootstrap/debootstrap", "--second-stage"])
    with report.step(f"put the base container in place: {paths.BASE}"):
        run(["chroot", new, "apt-get", "clean"])
        for ballast in ("var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(new / ballast, ignore_errors=True)
        STAMP.unlink(missing_ok=True)
        shutil.rmtree(paths.BASE, ignore_errors=True)
        new.rename(paths.BASE)
        STAMP.write_text(fingerprint() + "\n")


def mirror() -> str:
    """The Debian mirror that this machine's own apt uses for the suite."""
    sites = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {SUITE}",
                 "Component: main", "Origin: Debian"], check=False).split()
    return next((site for site in sites if site.startswith("http")), _DEFAULT_MIRROR)


def _follow(argv: list[str]) -> None:
    """Runs debootstrap; its phases are shown, all that it says goes to the log."""
    proxy = re.search(r'"(.*)"', run(["apt-config", "dump", "Acquire::http::Proxy"], check=False))
    environment = ENVIRONMENT | ({"http_proxy": proxy[1]} if proxy and proxy[1] else {})
    begin, seen = time.monotonic(), set()
    with LOG.open("a") as log, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                stderr=subprocess.STDOUT, text=True, env=environment) as child:
        for line in child.stdout or ():
            log.write(line)
            doing = re.match(r"I: (\w+ing)\b", line)
            if doing and sys.stdout.isatty():
                print(f"\r\033[K  {time.monotonic() - begin:4.0f} s  {line[3:].strip()[:90]}", end="", flush=True)
            elif doing and doing[1] not in seen:
                seen.add(doing[1])
                report.note(f"  {doing[1].lower()}")
        status = child.wait()
    if sys.stdout.isatty():
        print("\r\033[K", end="")
    if status != 0:
        raise LabError("debootstrap failed", LOG)

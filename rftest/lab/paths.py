"""Where things are. ROUTEFLOW_LAB moves the lab's folder, ROUTEFLOW_BIN names other binaries than the release build."""

import os
from pathlib import Path

RFTEST = Path(__file__).resolve().parent.parent
REPOSITORY = RFTEST.parent
CONFIG = RFTEST / "config"

LAB = Path(os.environ.get("ROUTEFLOW_LAB", "/var/lib/routeflow"))
BASE = LAB / "base"
VMS = LAB / "vms"
RUN = LAB / "run"
LOG = LAB / "log"
DB = LAB / "db"
OVS = RUN / "ovs"
MONGOD = LAB / "bin" / "mongod"


def binaries() -> Path:
    """The folder of rfclient, rfserver and rfproxy, without symbolic links (containers mount it)."""
    return Path(os.environ.get("ROUTEFLOW_BIN", REPOSITORY / ".build" / "release")).resolve()


def make_folders() -> None:
    for folder in (LAB, VMS, RUN, LOG, DB, OVS):
        folder.mkdir(parents=True, exist_ok=True)

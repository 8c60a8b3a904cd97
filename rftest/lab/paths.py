"""Where things are. ROUTEFLOW_LAB moves the lab's folder, ROUTEFLOW_BIN names other binaries than the release build."""

import os
from pathlib import Path

RFTEST = Path(__file__).resolve().parent.parent
REPOSITORY = RFTEST.parent
CONFIG = RFTEST / "config"

_STANDARD = Path("/var/lib/routeflow")
LAB = Path(os.environ.get("ROUTEFLOW_LAB", _STANDARD))
# A lab in another folder is another lab: it has a network namespace of its own, and both may stand side by side.
NAMESPACE = "rflab" if LAB == _STANDARD else f"rflab-{LAB.name}"
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

"""The lab's MongoDB: small, on loopback and the management network only, with a password made for each run."""

import os
import secrets
import shutil
from pathlib import Path

import pymongo
import pymongo.errors

from . import paths
from .errors import LabError, until
from .supervised import Supervised

PORT = 27017
MANAGEMENT_ADDRESS = "192.168.100.1"
USER = "routeflow"
LOG = paths.LOG / "mongod.log"
# One file for the daemons on the host's side, one that is mounted into the VMs. Both for root only.
HOST_URI = paths.RUN / "host.mongo.uri"
VM_URI = paths.RUN / "vm.mongo.uri"


class Tables:
    """What the daemons keep in their database."""

    database: pymongo.database.Database

    def rftable(self) -> list[dict]:
        """The RFTable's rows without _id, in a stable order."""
        rows = self.database["rftable"].find({}, {"_id": 0})
        return sorted(rows, key=lambda row: (str(row.get("vm_id")), str(row.get("vm_port")), str(row.get("dp_id")),
                                             str(row.get("dp_port"))))


class Mongod(Tables):
    """One mongod with authentication on, and an empty database folder at the first start of a run."""

    def __init__(self) -> None:
        self.process: Supervised | None = None
        self._client: pymongo.MongoClient | None = None

    def create(self) -> None:
        """A fresh database, one user, and the files with the URIs."""
        if not paths.MONGOD.exists():
            raise LabError(f"{paths.MONGOD} is missing: run rftest/setup")
        self.make_folder()
        LOG.unlink(missing_ok=True)
        administrator, password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.start()
        # MongoDB's localhost exception: the first user can be made by anyone, and must be one who makes users. Nobody
        # needs it again.
        with pymongo.MongoClient("127.0.0.1", PORT) as client:
            client.admin.command("createUser", "administrator", pwd=administrator, roles=["userAdminAnyDatabase"])
        with pymongo.MongoClient("127.0.0.1", PORT, username="administrator", password=administrator) as client:
            client.admin.command("createUser", USER, pwd=password, roles=[{"role": "readWrite", "db": "db"}])
        for file, address in ((HOST_URI, "127.0.0.1"), (VM_URI, MANAGEMENT_ADDRESS)):
            write_uri(file, f"mongodb://{USER}:{password}@{address}:{PORT}/db?authSource=admin")

    def make_folder(self) -> None:
        """An empty folder for the database."""
        shutil.rmtree(paths.DB, ignore_errors=True)
        paths.DB.mkdir()

    def start(self) -> None:
        """Starts mongod on what its folder holds, and waits until it answers."""
        self.process = Supervised.spawn("mongod", [
            paths.MONGOD, "--dbpath", paths.DB, "--port", PORT, "--bind_ip", f"127.0.0.1,{MANAGEMENT_ADDRESS}",
            "--auth", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25",
            "--setParameter", "diagnosticDataCollectionEnabled=false", "--logpath", LOG, "--logappend"], LOG)
        until(self._starts, "mongod answers", within=30, logs=(LOG,))

    def _starts(self) -> bool:
        if self.process is None or not self.process.alive or self.process.surprises:
            raise LabError("mongod has ended", LOG)
        return self.answers()

    def answers(self) -> bool:
        """Whether it answers, within a fraction of a second."""
        try:
            with pymongo.MongoClient("127.0.0.1", PORT, serverSelectionTimeoutMS=200) as client:
                client.admin.command("ping")
            return True
        except pymongo.errors.PyMongoError:
            return False

    @property
    def processes(self) -> list[Supervised]:
        return [self.process] if self.process else []

    def stop(self) -> None:
        if self._client:
            self._client.close()
            self._client = None
        if self.process:
            self.process.stop(timeout=20)

    def kill(self) -> None:
        """SIGKILL; dead until `start`."""
        if self.process:
            self.process.kill()

    def crash(self) -> None:
        """SIGKILL; its supervisor starts it again."""
        self.process.crash()

    @property
    def uri(self) -> str:
        return HOST_URI.read_text().strip()

    @property
    def database(self) -> pymongo.database.Database:
        """The daemons' database, as their own user."""
        if self._client is None:
            self._client = pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=2000)
        return self._client.get_default_database()


def write_uri(file: Path, uri: str) -> None:
    """A file that root alone reads."""
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(uri + "\n")

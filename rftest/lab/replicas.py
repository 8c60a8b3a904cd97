"""A MongoDB of three: a replica set with a member on each controller host."""

import base64
import os
import secrets
import shutil

import pymongo
import pymongo.errors

from . import paths
from .controllers import ControllerHost
from .errors import LabError, until
from .mongod import HOST_URI, PORT, USER, VM_URI, Tables, write_uri
from .supervised import Supervised

_NAME = "rf"
_KEY = paths.RUN / "mongod.key"
# MongoDB's own values are 10 s and 10 s, and a member may follow any other: if that is cut off, what it has to confirm waits. All
# members are near each other here.
_SETTINGS = {"electionTimeoutMillis": 2000, "heartbeatTimeoutSecs": 2, "chainingAllowed": False}
# Seconds until a member gives up one that it follows and hears nothing of, beyond half the time of an election. MongoDB's own value is 5.
_SILENCE = 1
# Seconds for which a member is kept from becoming the primary, where another one is to.
_FROZEN = 20
# How long there may be no primary.
_PRIMARY_WITHIN = 30


class Member:
    """One mongod of the set, on its host."""

    def __init__(self, host: ControllerHost):
        self.host = host
        self.folder = paths.DB / host.name
        self.log = paths.LOG / f"mongod.{host.name}.log"
        self.process: Supervised | None = None

    @property
    def name(self) -> str:
        return f"{self.host.address}:{PORT}"

    def start(self, *options: object) -> None:
        self.process = Supervised.spawn(f"mongod.{self.host.name}", self.host.network(
            paths.MONGOD, "--dbpath", self.folder, "--port", PORT, "--bind_ip", f"127.0.0.1,{self.host.address}",
            "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", 256,
            "--setParameter", "diagnosticDataCollectionEnabled=false",
            "--setParameter", f"oplogNetworkTimeoutBufferSeconds={_SILENCE}", "--logpath", self.log, "--logappend", *options),
            self.log)
        until(self.answers, f"mongod on {self.host.name} answers", within=30, logs=(self.log,))

    def answers(self) -> bool:
        try:
            with _client(self.name, serverSelectionTimeoutMS=200, directConnection=True) as client:
                client.admin.command("ping")
            return True
        except pymongo.errors.PyMongoError:
            return False


class ReplicaSet(Tables):
    """What `lab.mongod.Mongod` is for one: made anew for each run, with authentication, and one user for the daemons."""

    def __init__(self, hosts: list[ControllerHost]):
        self.members = [Member(host) for host in hosts]
        self._client: pymongo.MongoClient | None = None
        self._administrator: dict[str, str] = {}

    @property
    def processes(self) -> list[Supervised]:
        return [member.process for member in self.members if member.process]

    def create(self) -> None:
        """The hosts, an empty set, and the files with the URI."""
        shutil.rmtree(paths.DB, ignore_errors=True)
        for member in self.members:
            member.log.unlink(missing_ok=True)
            member.folder.mkdir(parents=True)
            member.host.up()
        _KEY.unlink(missing_ok=True)
        with open(os.open(_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as output:
            output.write(base64.b64encode(secrets.token_bytes(48)))
        password = secrets.token_urlsafe(24)
        self._administrator = {"username": "administrator", "password": secrets.token_urlsafe(24)}
        first = self.members[0]
        # Without authentication for as long as it takes to make the users: nobody else is on this network yet.
        first.start()
        with _client(first.name, directConnection=True) as client:
            client.admin.command("createUser", "administrator", pwd=self._administrator["password"], roles=["root"])
            client.admin.command("createUser", USER, pwd=password, roles=[{"role": "readWrite", "db": "db"}])
        first.process.stop(timeout=20)
        for member in self.members:
            member.start("--replSet", _NAME, "--auth", "--keyFile", _KEY)
        with self._administer(first) as client:
            client.admin.command("replSetInitiate", {
                "_id": _NAME, "settings": _SETTINGS,
                "members": [{"_id": number, "host": member.name} for number, member in enumerate(self.members)]})
        hosts = ",".join(member.name for member in self.members)
        for file in (HOST_URI, VM_URI):
            write_uri(file, f"mongodb://{USER}:{password}@{hosts}/db?authSource=admin&replicaSet={_NAME}")
        self.wait_primary()

    def stop(self) -> None:
        if self._client:
            self._client.close()
            self._client = None
        # A member that ends in order looks for a successor first; what they have is made anew in the next run.
        for member in self.members:
            if member.process:
                member.process.kill()
                member.process.forget()
            member.host.stop()

    @property
    def primary(self) -> Member | None:
        """The member that a majority takes for the primary, if there is one."""
        for member in self.members:
            try:
                with _client(member.name, serverSelectionTimeoutMS=200, directConnection=True) as client:
                    if client.admin.command("hello").get("isWritablePrimary"):
                        return member
            except pymongo.errors.PyMongoError:
                continue
        return None

    def wait_primary(self) -> Member:
        return until(lambda: self.primary, "there is a primary", _PRIMARY_WITHIN,
                     tuple(member.log for member in self.members))

    def elect(self, host: ControllerHost) -> None:
        """Makes the member on a host the primary."""
        chosen = next(member for member in self.members if member.host is host)
        if (primary := self.wait_primary()) is chosen:
            return
        others = [member for member in self.members if member is not chosen]
        for member in others:
            if member is not primary:
                self._command(member, "replSetFreeze", _FROZEN)
        self._command(primary, "replSetStepDown", _FROZEN)
        until(lambda: self.primary is chosen, f"the mongod on {host.name} is the primary", _PRIMARY_WITHIN,
              tuple(member.log for member in self.members))
        for member in others:
            self._command(member, "replSetFreeze", 0)
        # Until all follow it: who has just begun to may wait for a minute for one that is then gone without a word.
        self._command(chosen, "appendOplogNote", 1, data={"elected": chosen.name},
                      writeConcern={"w": len(self.members), "wtimeout": 60_000})

    def _command(self, member: Member, *words: object, **options: object) -> None:
        try:
            with self._administer(member) as client:
                client.admin.command(*words, **options)
        except pymongo.errors.PyMongoError as error:
            raise LabError(f"mongod on {member.host.name}: {words[0]}: {error}", member.log) from None

    def _administer(self, member: Member) -> pymongo.MongoClient:
        return _client(member.name, **self._administrator, directConnection=True)

    @property
    def database(self) -> pymongo.database.Database:
        """The daemons' database, on the primary, as their own user."""
        if self._client is None:
            self._client = pymongo.MongoClient(HOST_URI.read_text().strip(), serverSelectionTimeoutMS=20_000)
        return self._client.get_default_database()


def _client(name: str, **options: object) -> pymongo.MongoClient:
    host, _, port = name.partition(":")
    return pymongo.MongoClient(host, int(port), **options)

"""LXC containers on overlays of the base container: the VMs and the hosts."""

import shutil
from pathlib import Path

from . import paths
from .errors import LabError, until
from .process import Process, run


class Container:
    """One container, made from config/common and config/NAME: its LXC settings and the files that it has of its own."""

    layers = ("common",)

    def __init__(self, name: str):
        self.name = name
        self.folder = paths.VMS / name
        self.log = paths.LOG / f"{name}.lxc.log"
        self.process: Process | None = None

    # Life

    def up(self) -> None:
        """Makes it and starts it."""
        self.create()
        self.start()

    def create(self) -> None:
        """Makes its folder anew from the configuration: nothing of an earlier run stays."""
        if not paths.BASE.is_dir():
            raise LabError(f"{paths.BASE} is missing: run rftest/create")
        own = paths.CONFIG / self.name
        if not own.is_dir():
            raise LabError(f"no container is called {self.name}: {own} is missing")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        upper = self.folder / "upper"
        upper.mkdir(parents=True)
        sources = [*(paths.CONFIG / layer for layer in self.layers), own]
        for source in sources:
            if (source / "rootfs").is_dir():
                shutil.copytree(source / "rootfs", upper, dirs_exist_ok=True)
        for folder in [upper, *filter(Path.is_dir, upper.rglob("*"))]:
            folder.chmod(0o755)
        settings = "\n".join((source / "lxc.conf").read_text() for source in sources)
        values = {"NAME": self.name, "LAB": paths.LAB, "RFTEST": paths.RFTEST, "BIN": paths.binaries()}
        for key, value in values.items():
            settings = settings.replace(f"@{key}@", str(value))
        (self.folder / "config").write_text(settings)

    def start(self) -> None:
        """Starts it and waits until its own start script is through."""
        self._lxc("start", "--daemon", "--logfile", self.log, "--logpriority", "INFO", logs=True)
        pid = int(self._lxc("info", "--pid", "--no-humanize"))
        self.process = Process.adopt(self.name, pid, self.log)
        until((self.root / "run/lab-init.up").exists, f"{self.name} is up", within=20, logs=(self.log, self.init_log))

    def stop(self) -> None:
        """Ends it at once, as when a machine loses power."""
        self._lxc("stop", "--kill", check=False)
        if self.process:
            self.process.wait(10)
            self.process.forget()
            self.process = None

    def restart(self) -> None:
        """Off and on; its files stay."""
        self.stop()
        self.start()

    def _lxc(self, verb: str, *words: object, check: bool = True, logs: bool = False) -> str:
        try:
            return run([f"lxc-{verb}", "--name", self.name, "--lxcpath", paths.VMS, *words], check=check).strip()
        except LabError as error:
            if logs:
                error.logs.append(self.log)
            raise

    # Looking in, and doing something there

    @property
    def pid(self) -> int:
        """Its first process, as seen from outside."""
        if self.process is None:
            record = paths.RUN / f"{self.name}.pid"
            if not record.exists():
                raise LabError(f"{self.name} is not running")
            self.process = Process(self.name, *map(int, record.read_text().split()))
        if not self.process.alive:
            raise LabError(f"{self.name} is not running", self.log)
        return self.process.pid

    @property
    def root(self) -> Path:
        """Its file system, as seen from outside."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def init_log(self) -> Path:
        return self.folder / "upper/var/log/lab-init.log"

    def shell(self, *argv: object) -> list[str]:
        """The command line that runs a command inside the container, with its programs and files."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", *map(str, argv)]

    def network(self, *argv: object) -> list[str]:
        """The command line that runs one of the host's programs in the container's network; its pid is the program's."""
        return ["nsenter", "--target", str(self.pid), "--net", *map(str, argv)]

    def run(self, *argv: object, check: bool = True, timeout: float = 30) -> str:
        """Runs a command inside to its end."""
        return run(self.shell(*argv), check=check, timeout=timeout)

    def mac(self, interface: str = "eth0") -> str:
        return self.run("cat", f"/sys/class/net/{interface}/address").strip()


class VM(Container):
    """A container that runs a routing engine and rfclient."""

    layers = ("common", "vm")

    def __init__(self, name: str):
        super().__init__(name)
        self.client_log = paths.LOG / f"{name}.rfclient.log"
        self.client_options: list[str] = []
        self.client_crashes = 0     # how often rfclient was to die under its present supervisor

    def create(self) -> None:
        super().create()
        self.client_log.write_text("")
        settings = self.folder / "upper/etc/routeflow"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "rfclient.options").write_text(" ".join(self.client_options) + "\n")

    def start(self) -> None:
        super().start()
        self._wait_client()

    def vtysh(self, *commands: str) -> str:
        """FRRouting's shell, one command after the other."""
        return self.run("vtysh", *(word for command in commands for word in ("-c", command)))

    @property
    def vm_id(self) -> str:
        return self.mac("eth0").replace(":", "")

    @property
    def client_pid(self) -> int:
        """rfclient's pid inside the container."""
        return self._client_state[0]

    @property
    def client_life(self) -> int:
        """1 for the first life that rfclient has under its supervisor."""
        return self._client_state[1]

    @property
    def _client_state(self) -> list[int]:
        return list(map(int, (self.root / "run/rfclient.state").read_text().split()))

    @property
    def _supervisor_pid(self) -> int:
        return int((self.root / "run/rfclient.supervisor.pid").read_text())

    @property
    def client_alive(self) -> bool:
        return self._runs(self.client_pid)

    @property
    def client_surprises(self) -> int:
        """How often rfclient died although nobody wanted it to."""
        return self.client_life - 1 - self.client_crashes

    def forgive_client(self) -> int:
        """Counts its surprises, and from now on not again."""
        surprises = self.client_surprises
        self.client_crashes += surprises
        return surprises

    def kill_client(self, signal: str = "KILL") -> None:
        """Ends rfclient alone; dead until `start_client`. The VM lives on."""
        supervisor, client = self._supervisor_pid, self.client_pid
        # SIGKILL is for both, which are one process group; another signal is passed on.
        self.run("kill", f"-{signal}", "--", -supervisor if signal == "KILL" else supervisor)
        until(lambda: not self._runs(supervisor) and not self._runs(client), f"rfclient in {self.name} ends",
              logs=(self.client_log,))

    def start_client(self) -> None:
        """Starts rfclient and its supervisor, with what `client_options` are by now."""
        (self.root / "etc/routeflow/rfclient.options").write_text(" ".join(self.client_options) + "\n")
        (self.root / "run/rfclient.state").unlink(missing_ok=True)
        self.run("/usr/local/sbin/rfclient-start")
        self._wait_client()

    def _wait_client(self) -> None:
        self.client_crashes = 0
        until((self.root / "run/rfclient.state").exists, f"rfclient in {self.name} starts", logs=(self.client_log,))

    def crash_client(self) -> None:
        """SIGKILL for rfclient alone; its supervisor starts it again."""
        life, client = self.client_life, self.client_pid
        self.client_crashes += 1
        self.run("kill", "-KILL", client)
        until(lambda: self.client_life > life or not self._runs(client), f"rfclient in {self.name} dies",
              logs=(self.client_log,))

    def pause_client(self) -> None:
        """SIGSTOP."""
        self.run("kill", "-STOP", self.client_pid)

    def resume_client(self) -> None:
        """SIGCONT."""
        self.run("kill", "-CONT", self.client_pid)

    def _runs(self, pid: int) -> bool:
        """Whether a process of the container lives."""
        try:
            return (self.root / f"proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

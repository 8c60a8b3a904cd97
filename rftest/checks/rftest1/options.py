"""Wrong settings are told in one clear line, and waiting is told as well."""

import time

from lab import paths
from lab.containers import VM
from lab.daemons import Daemon, run_once
from lab.errors import expect
from lab.lab import LISTEN, Lab
from lab.mongod import HOST_URI

BAD_URI = "mongodb://[nowhere"
NOBODY_THERE = "mongodb://127.0.0.1:1/db"
DAEMONS = ("rfclient", "rfserver", "rfproxy")
_WRONG_USE = 64         # EX_USAGE, sysexits(3)


def help_reads_well(lab: Lab) -> None:
    """--help of each daemon names its options"""
    options = {"rfclient": ("--interface", "--id", "--max-hosts"), "rfserver": ("--config", "--strict", "--ovs-bridge"),
               "rfproxy": ("--listen", "--dec-ttl", "--rfvs-from")}
    for name in DAEMONS:
        status, text = run_once(name, "--help", vm=_place(lab, name))
        missing = [option for option in (*options[name], "--mongo", "--mongo-file", "--log-level") if option not in text]
        expect(status == 0 and not missing, f"{name} --help: exit status {status}, not in it: {missing}\n{text}")


def wrong_mongo_uri(lab: Lab) -> None:
    """a MongoDB URI that is none: one line, exit status not 0"""
    for name in DAEMONS:
        more = {"rfclient": ("--interface", "eth0"), "rfproxy": ("--listen", "127.0.0.1:0")}.get(name, ())
        _refused(name, "--mongo", BAD_URI, *more, vm=_place(lab, name))


def port_in_use(lab: Lab) -> None:
    """a port that is in use: one line that names it, exit status not 0"""
    _refused("rfproxy", "--listen", LISTEN, "--ct-id", 9, "--mongo-file", HOST_URI, says=LISTEN.rpartition(":")[2])
    lab.rfproxy.expect_alive()


def broken_mapping_file(lab: Lab) -> None:
    """a mapping file with a broken line: one line with file and line number, exit status not 0"""
    file = paths.RUN / "broken.csv"
    file.write_text("vm_id,vm_port,ct_id,dp_id,dp_port\n0200000000a1,1,0,99,1\n0200000000a1,two,0,99,2\n")
    text = _refused("rfserver", "--config", file, "--mongo", NOBODY_THERE, says=str(file))
    expect("3" in text.replace(str(file), ""), f"it does not say which line: {text}")


def wrong_virtual_switch(lab: Lab) -> None:
    """a datapath id that is no virtual switch's: refused with what it has to be, exit status of a wrong use"""
    status, text = run_once("rfserver", "--ovs-bridge", "dp9", "--ovs-datapath-id", "99", "--mongo", NOBODY_THERE)
    expect(status == _WRONG_USE and "72667673" in text, f"exit status {status}\n{text}")


def mongod_not_there(lab: Lab) -> None:
    """a MongoDB that does not answer: waits and says so, and ends in 2 s when asked to"""
    daemon = Daemon("rfproxy.waiting", "--listen", "127.0.0.1:0", "--ct-id", 9, "--mongo", NOBODY_THERE)
    daemon.up()
    try:
        daemon.wait_logged("mongo", within=15)
        daemon.expect_alive()
    finally:
        took = daemon.stop()
    expect(took < 2.5, f"it took {took:.1f} s to end", daemon.log)


def clean_stop(lab: Lab) -> None:
    """SIGTERM ends each daemon within 2 s with exit status 0, and it starts again"""
    for daemon in (lab.rfserver, lab.rfproxy):
        process = daemon.process
        took = daemon.stop()
        daemon.start()
        expect(took < 2.5 and process.status == 0, f"{daemon.name} took {took:.1f} s, status {process.status}", daemon.log)
    vm = lab.vms["rfvm1"]
    begin = time.monotonic()
    vm.kill_client("TERM")
    took = time.monotonic() - begin
    vm.start_client()
    expect(took < 2.5, f"rfclient took {took:.1f} s", vm.client_log)
    lab.wait_connected()


def _place(lab: Lab, name: str) -> VM | None:
    """rfclient is for a VM, and changes settings where it runs; the others run beside the lab's own."""
    return lab.vms["rfvm1"] if name == "rfclient" else None


def _refused(name: str, *options: object, says: str = "", vm: VM | None = None) -> str:
    """Expects that a daemon ends at once with an error of one line."""
    status, text = run_once(name, *options, vm=vm)
    lines = [line for line in text.splitlines() if line.strip()]
    command = f"{name} {' '.join(map(str, options))}"
    expect(status not in (0, None) and status < 128, f"{command}: exit status {status}\n{text}")
    expect(len(lines) == 1 and says in text, f"{command}: not one clear line:\n{text}")
    return text

"""OpenFlow over TLS: an authority of the lab's own, and what it signs for rfproxy and for Open vSwitch."""

from . import paths
from .ovs import vsctl
from .process import run

PORT = 6653
LISTEN = f"127.0.0.1:{PORT}"
CONTROLLER = f"ssl:{LISTEN}"
_FOLDER = paths.RUN / "tls"
_AUTHORITY = _FOLDER / "ca.pem"
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]

# rfproxy takes switches over TLS, and in no other way.
PROXY_OPTIONS = ("--listen", "none", "--tls-listen", LISTEN, "--tls-cert", _FOLDER / "rfproxy.pem",
                 "--tls-key", _FOLDER / "rfproxy.key", "--tls-ca", _AUTHORITY)


def make_certificates() -> None:
    """An authority, and a key and a certificate each for rfproxy and for the switches, and one for a stranger that no authority has
    signed: new ones for each lab."""
    _FOLDER.mkdir(exist_ok=True)
    run(["openssl", "req", "-x509", *_NEW_KEY, "-subj", "/CN=lab", "-keyout", _FOLDER / "ca.key", "-out", _AUTHORITY])
    for name in ("rfproxy", "switch"):
        run(["openssl", "req", "-x509", *_NEW_KEY, "-subj", f"/CN={name}", "-CA", _AUTHORITY,
             "-CAkey", _FOLDER / "ca.key", "-addext", "basicConstraints=CA:FALSE",
             "-keyout", _FOLDER / f"{name}.key", "-out", _FOLDER / f"{name}.pem"])
    run(["openssl", "req", "-x509", *_NEW_KEY, "-subj", "/CN=switch",
         "-keyout", _FOLDER / "stranger.key", "-out", _FOLDER / "stranger.pem"])


def give_to_switches(name: str = "switch") -> None:
    """Open vSwitch shows this certificate on each new connection from now on, and believes the authority alone."""
    vsctl("set-ssl", _FOLDER / f"{name}.key", _FOLDER / f"{name}.pem", _AUTHORITY)

"""npm trusts what pip trusts: a registry behind TLS inspection, with a certificate of its own."""

import datetime
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from helpers.course import certificates
from helpers.course.certificates import VARIABLES, node_environment
from helpers.course.install import run_npm


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that signs itself, as an inspector's does."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "inspector")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "inspector.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


class Registry(http.server.BaseHTTPRequestHandler):
    """As much of a registry as `npm ping` asks."""

    def do_GET(self) -> None:
        body = json.dumps({}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a registry with TLS, and its certificate."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/", certificate
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own is told to pip or Node."""
    for name in (*VARIABLES, "NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "npm_config_cafile"):
        monkeypatch.delenv(name, raising=False)


def ping(address: str, folder: Path) -> tuple[int, str]:
    arguments = ["ping", f"--registry={address}", "--fetch-retries=0", "--noproxy=127.0.0.1"]
    return run_npm(arguments, folder)


def test_npm_trusts_the_certificate_that_pip_was_told(
    registry: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, certificate = registry
    status, said = ping(address, tmp_path)
    assert status != 0, "a stranger's certificate"
    assert "certificate" in said
    monkeypatch.setenv("PIP_CERT", str(certificate))
    status, said = ping(address, tmp_path)
    assert status == 0, said


@pytest.mark.parametrize("name", VARIABLES)
def test_each_way_to_tell_pip_counts(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.pem").touch()
    told = node_environment({name: str(tmp_path / "file.pem"), "PATH": "/bin"})
    assert told == {
        name: str(tmp_path / "file.pem"),
        "PATH": "/bin",
        "NODE_USE_SYSTEM_CA": "1",
        "NODE_EXTRA_CA_CERTS": str(tmp_path / "file.pem"),
    }


def test_what_node_was_told_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "pip_setting", lambda name: "")
    told = {"NODE_EXTRA_CA_CERTS": "own.pem", "NODE_USE_SYSTEM_CA": "0"}
    assert node_environment(told) == told
    assert node_environment({"PIP_CERT": str(tmp_path / "gone")}) == {
        "PIP_CERT": str(tmp_path / "gone"),
        "NODE_USE_SYSTEM_CA": "1",
    }


def test_pips_own_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\ncert = {tmp_path / 'company.pem'}\n")
    (tmp_path / "company.pem").touch()
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    told = node_environment({"PATH": "/bin"})
    assert told["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "company.pem")

"""What the tests with wechatpy share; wechatpy is an SDK by other hands.

As WeChat it signs and encrypts towards the service's callbacks in safe mode and reads
what comes back; as a client it calls the sandbox, unmodified but for the address.
Runs against `shangxue demo`: SHANGXUE_BINARY, or target/debug/shangxue.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SHANGXUE_BINARY", str(ROOT / "target/debug/shangxue"))

# The sandbox's accounts, as the demo prints them.
OFFICIAL = ("wx5a0d1c2b3e4f6071", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
OFFICIAL_TOKEN = "sandboxOfficial2026"
OFFICIAL_KEY = "k3Jv8Qm2Xw7Zr4Tn9Yb5Lc1Hd6Gs0Pf8Ue3Ai7Ok2Mq"
OFFICIAL_NAME = "gh_5a0d1c2b3e4f"
MINI = ("wx9c8b7a6f5e4d3021", "f9e8d7c6b5a493827160f5e4d3c2b1a0")
MINI_TOKEN = "sandboxMini2026"
MINI_KEY = "T7uWq2Zx9Ca4Vb1Nm6Lk8Jh3Gf5Ds0Ap7Oi2Uy4Tr6E"
MINI_NAME = "gh_9c8b7a6f5e4d"
PLACED = "sbxPlaced0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class ToSandbox(HTTPAdapter):
    """Takes what is meant for WeChat to the sandbox."""

    def __init__(self, sandbox):
        super().__init__()
        self.sandbox = sandbox

    def send(self, request, **options):
        request.url = request.url.replace("https://api.weixin.qq.com", self.sandbox)
        return super().send(request, **options)


def picture():
    """A small PNG."""
    import struct
    import zlib

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + b"\xc0\x10\x20" * 40 for _ in range(40))
    header = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        port, sandbox = free_port(), free_port()
        cls.folder = tempfile.mkdtemp(prefix="shangxue-interop-")
        cls.url, cls.sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}"
        options = ["--port", str(port), "--sandbox-port", str(sandbox), "--data", cls.folder]
        cls.process = subprocess.Popen(
            [BINARY, "demo", *options, "--fresh"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            try:
                if requests.get(f"{cls.url}/readyz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        raise AssertionError("the demo did not start")

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def act(self, user, what, **body):
        """Something that a person does on the sandbox's phone."""
        answer = requests.post(f"{self.sandbox}/sandbox/api/users/{user}/{what}", json=body, timeout=10)
        self.assertTrue(answer.ok, answer.text)
        return answer.json()

    def person(self):
        answer = requests.post(f"{self.sandbox}/sandbox/api/users", json={"name": "外来客"}, timeout=10)
        return answer.json()

    def client(self, account):
        client = WeChatClient(*account)
        client._http.mount("https://api.weixin.qq.com", ToSandbox(self.sandbox))
        return client

    def state(self, user):
        address = f"{self.sandbox}/sandbox/api/state?user={user}"
        return requests.get(address, timeout=10).json()

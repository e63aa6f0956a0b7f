"""What the tests with wechatpy share; wechatpy is an SDK by other hands.

As WeChat it signs and encrypts towards the service's callbacks in safe mode and reads
what comes back; as a client it calls the sandbox, unmodified but for the address; as a
service it takes the sandbox's callbacks and answers them.
Runs against `shangxue demo` and `shangxue sandbox`: SHANGXUE_BINARY, or
target/debug/shangxue.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import warnings
import zlib

import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

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

# What the templates of both accounts ask for.
NOTICE = {
    "thing1": {"value": "智在指尖"},
    "time2": {"value": "2026年12月1日 09:00"},
    "thing3": {"value": "社区教育中心"},
    "thing4": {"value": "请带手机"},
}


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


class Program(unittest.TestCase):
    """Something of ours that runs, with a sandbox at `cls.sandbox`."""

    @classmethod
    def begin(cls, options, ready):
        """Starts it and waits until `ready` answers."""
        # The library calls its own deprecated names.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = subprocess.Popen(
            [BINARY, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        cls.process = process
        for _ in range(300):
            if process.poll() is not None:
                break
            try:
                if requests.get(ready, timeout=2).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        cls.end()
        raise AssertionError(f"{options[0]} did not start")

    @classmethod
    def end(cls):
        cls.process.terminate()
        cls.process.wait()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="shangxue-interop-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)

    @classmethod
    def tearDownClass(cls):
        cls.end()

    def control(self, path, **body):
        """What is done with the sandbox itself."""
        return self.answered(requests.post(f"{self.sandbox}/sandbox/api/{path}", json=body, timeout=30))

    def kept(self, path):
        """What the sandbox has kept: `requests`, `callbacks`, `unexpected`."""
        return self.answered(requests.get(f"{self.sandbox}/sandbox/api/{path}", timeout=10))["items"]

    def answered(self, answer):
        self.assertTrue(answer.ok, answer.text)
        return answer.json()

    def act(self, user, what, **body):
        """Something that a person does on the sandbox's phone."""
        return self.control(f"users/{user}/{what}", **body)

    def person(self):
        return self.control("users", name="外来客")

    def follower(self):
        person = self.person()
        self.act(person["id"], "follow")
        return person

    def client(self, account=OFFICIAL):
        client = WeChatClient(*account)
        client._http.mount("https://api.weixin.qq.com", ToSandbox(self.sandbox))
        return client

    def state(self, user):
        address = f"{self.sandbox}/sandbox/api/state?user={user}"
        return requests.get(address, timeout=10).json()

    def chat(self, user):
        return self.state(user)["me"]["chat"]

    @contextlib.contextmanager
    def refused(self, *errcodes):
        """The platform says no, with one of these."""
        with self.assertRaises(WeChatClientException) as raised:
            yield raised
        self.assertIn(raised.exception.errcode, errcodes, raised.exception.errmsg)


class Demo(Program):
    """The service and the sandbox together."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        port, sandbox = free_port(), free_port()
        cls.url, cls.sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}"
        options = ["--port", str(port), "--sandbox-port", str(sandbox), "--data", cls.folder]
        cls.begin(["demo", *options, "--fresh"], f"{cls.url}/readyz")


class Alone(Program):
    """The sandbox without a service, or with another's."""

    @classmethod
    def options(cls):
        """Of the command line, beside the address."""
        return ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start(*cls.options())

    @classmethod
    def start(cls, *more):
        port = free_port()
        cls.sandbox = f"http://127.0.0.1:{port}"
        options = ["sandbox", "--listen", f"127.0.0.1:{port}", *map(str, more)]
        cls.begin(options, f"{cls.sandbox}/sandbox/api/clock")

    @classmethod
    def again(cls, *more):
        """Ends it and starts it anew, at another address."""
        cls.end()
        cls.start(*more)

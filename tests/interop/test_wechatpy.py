"""wechatpy, an SDK by other hands, on both sides of the wire.

As WeChat it signs and encrypts towards the service's callbacks in safe mode and reads
what comes back; as a client it calls the sandbox, unmodified but for the address.
Runs against `shangxue demo`: SHANGXUE_BINARY, or target/debug/shangxue.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import requests
import xmltodict
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.replies import TextReply, deserialize_reply

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SHANGXUE_BINARY", str(ROOT / "target/debug/shangxue"))

# The sandbox's accounts, as the demo prints them.
OFFICIAL = ("wx5a0d1c2b3e4f6071", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")
OFFICIAL_TOKEN = "sandboxOfficial2026"
OFFICIAL_KEY = "k3Jv8Qm2Xw7Zr4Tn9Yb5Lc1Hd6Gs0Pf8Ue3Ai7Ok2Mq"
OFFICIAL_NAME = "gh_5a0d1c2b3e4f"
MINI = ("wx9c8b7a6f5e4d3021", "f9e8d7c6b5a493827160f5e4d3c2b1a0")
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


class TowardsTheService(Demo):
    """wechatpy signs and encrypts as WeChat does; the service has to understand it."""

    crypto = WeChatCrypto(OFFICIAL_TOKEN, OFFICIAL_KEY, OFFICIAL[0])

    def post(self, message, nonce="4711"):
        timestamp = str(int(time.time()))
        sealed = xmltodict.parse(self.crypto.encrypt_message(message, nonce, timestamp))["xml"]
        body = (
            f"<xml><ToUserName><![CDATA[{OFFICIAL_NAME}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>"
        )
        query = {
            "signature": "not-looked-at-in-safe-mode",
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": sealed["MsgSignature"],
        }
        return requests.post(f"{self.url}/wechat/official", params=query, data=body.encode(), timeout=10)

    def text(self, words, number):
        return (
            f"<xml><ToUserName><![CDATA[{OFFICIAL_NAME}]]></ToUserName>"
            "<FromUserName><![CDATA[oInterop]]></FromUserName>"
            f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{words}]]></Content><MsgId>{number}</MsgId></xml>"
        )

    def read(self, answer):
        self.assertEqual(answer.status_code, 200)
        sealed = xmltodict.parse(answer.text)["xml"]
        clear = self.crypto.decrypt_message(
            answer.text, sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
        )
        return deserialize_reply(clear, update_time=False)

    def test_the_address_passes_the_check(self):
        from wechatpy.utils import WeChatSigner

        signer = WeChatSigner()
        timestamp = str(int(time.time()))
        signer.add_data(OFFICIAL_TOKEN, timestamp, "99")
        query = {"signature": signer.signature, "timestamp": timestamp, "nonce": "99", "echostr": "5577"}
        answer = requests.get(f"{self.url}/wechat/official", params=query, timeout=10)
        self.assertEqual((answer.status_code, answer.text), (200, "5577"))
        query["signature"] = "0" * 40
        self.assertEqual(requests.get(f"{self.url}/wechat/official", params=query, timeout=10).status_code, 403)

    def test_a_sealed_message_gets_a_sealed_reply(self):
        reply = self.read(self.post(self.text("报名😀", 24000000000000001)))
        self.assertIsInstance(reply, TextReply)
        self.assertEqual((reply.source, reply.target), (OFFICIAL_NAME, "oInterop"))
        self.assertIn("去报名", reply.content)

    def test_a_repeat_gets_the_same_reply(self):
        message = self.text("帮助", 24000000000000002)
        first, again = self.read(self.post(message)), self.read(self.post(message, nonce="4712"))
        self.assertEqual((first.content, first.time), (again.content, again.time))

    def test_every_length_of_padding_is_understood(self):
        for length in range(1, 40):
            reply = self.read(self.post(self.text("报名" + "。" * length, 24000000000001000 + length)))
            self.assertIn("去报名", reply.content)

    def test_what_another_key_sealed_is_refused(self):
        other = WeChatCrypto(OFFICIAL_TOKEN, OFFICIAL_KEY[::-1], OFFICIAL[0])
        self.addCleanup(setattr, self, "crypto", self.crypto)
        self.crypto = other
        self.assertEqual(self.post(self.text("报名", 24000000000000003)).status_code, 403)


class TowardsTheSandbox(Demo):
    """The same library calls the sandbox as it calls WeChat."""

    def client(self, account):
        client = WeChatClient(*account)
        client._http.mount("https://api.weixin.qq.com", ToSandbox(self.sandbox))
        return client

    def test_the_token_is_taken_once_and_a_wrong_secret_is_refused(self):
        client = self.client(OFFICIAL)
        self.assertEqual(client.access_token, client.access_token)
        with self.assertRaises(WeChatClientException) as refused:
            self.client((OFFICIAL[0], "0" * 32)).fetch_access_token()
        self.assertIn(refused.exception.errcode, (40001, 40125))

    def test_a_menu_comes_back_as_it_was_made(self):
        client = self.client(OFFICIAL)
        menu = {"button": [{"type": "click", "name": "今日课程", "key": "today"}]}
        client.menu.create(menu)
        button = client.menu.get()["menu"]["button"][0]
        self.assertEqual((button["name"], button["key"]), ("今日课程", "today"))

    def test_a_draft_is_made_of_uploaded_pictures(self):
        client = self.client(OFFICIAL)
        cover = client.material.add("image", ("cover.png", picture(), "image/png"))
        inside = client.media.upload_image(("inside.png", picture(), "image/png"))
        self.assertTrue(re.match(r"https?://", inside))
        article = {
            "title": "钩针社团开课了",
            "content": f'<p>欢迎大家。</p><img src="{inside}"><img src="https://example.com/x.png">',
            "thumb_media_id": cover["media_id"],
        }
        draft = client.post("draft/add", data={"articles": [article]})["media_id"]
        kept = client.post("draft/get", data={"media_id": draft})["news_item"][0]
        self.assertEqual(kept["title"], "钩针社团开课了")
        self.assertIn(inside, kept["content"])
        self.assertNotIn("example.com", kept["content"], "pictures of other hosts are dropped")
        with self.assertRaises(WeChatClientException) as refused:
            client.post("draft/add", data={"articles": [{**article, "title": "长" * 65}]})
        self.assertEqual(refused.exception.errcode, 45003)

    def test_a_subscription_message_takes_one_consent(self):
        client, person = self.client(MINI), self.person()
        code = self.act(person["id"], "login-code")["code"]
        openid = client.wxa.code_to_session(code)["openid"]
        self.assertEqual(openid, person["mini_openid"])
        data = {
            "thing1": {"value": "智在指尖"},
            "time2": {"value": "2026年12月1日 09:00"},
            "thing3": {"value": "社区教育中心"},
            "thing4": {"value": "请带手机"},
        }

        def send():
            return client.wxa.send_subscribe_message(openid, PLACED, data)

        with self.assertRaises(WeChatClientException) as refused:
            send()
        self.assertEqual(refused.exception.errcode, 43101)
        self.act(person["id"], "subscribe", results={PLACED: "accept"})
        self.assertEqual(send()["errcode"], 0)
        with self.assertRaises(WeChatClientException) as refused:
            send()
        self.assertEqual(refused.exception.errcode, 43101)

    def test_a_follower_is_known_and_can_be_written_to(self):
        client, person = self.client(OFFICIAL), self.person()
        openid = person["official_openid"]
        self.assertEqual(client.user.get(openid)["subscribe"], 0)
        self.act(person["id"], "follow")
        known = client.user.get(openid)
        self.assertEqual((known["subscribe"], known["unionid"]), (1, person["unionid"]))
        self.assertIn(openid, client.user.get_followers()["data"]["openid"])


# What the others share is no test by itself.
del Demo

if __name__ == "__main__":
    unittest.main()

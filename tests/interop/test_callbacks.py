"""wechatpy plays WeChat towards the service's callbacks, in safe mode."""

import json
import time
import unittest

import requests
import xmltodict
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.replies import TextReply, deserialize_reply
from wechatpy.utils import WeChatSigner, to_text

from support import (
    MINI,
    MINI_KEY,
    MINI_NAME,
    MINI_TOKEN,
    OFFICIAL,
    OFFICIAL_KEY,
    OFFICIAL_NAME,
    OFFICIAL_TOKEN,
    Demo,
)


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

    def test_the_mini_programs_sealed_json_is_understood(self):
        # The library writes XML alone: the cipher is its own, the envelope is made here.
        crypto = WeChatCrypto(MINI_TOKEN, MINI_KEY, MINI[0])
        message = {
            "ToUserName": MINI_NAME,
            "FromUserName": "oInterop",
            "CreateTime": int(time.time()),
            "MsgType": "event",
            "Event": "debug_demo",
            "debug_str": "水乡",
        }
        sealed = PrpCrypto(crypto.key).encrypt(json.dumps(message, ensure_ascii=False), MINI[0])
        sealed, timestamp = to_text(sealed), str(int(time.time()))
        signer = WeChatSigner()
        signer.add_data(MINI_TOKEN, timestamp, "79", sealed)
        query = {
            "timestamp": timestamp,
            "nonce": "79",
            "encrypt_type": "aes",
            "msg_signature": signer.signature,
        }
        body = json.dumps({"ToUserName": MINI_NAME, "Encrypt": sealed})
        answer = requests.post(f"{self.url}/wechat/mini", params=query, data=body, timeout=10)
        self.assertEqual((answer.status_code, answer.text), (200, "success"))


if __name__ == "__main__":
    unittest.main()

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
        return self.message("text", Content=words, MsgId=number)

    def message(self, kind, of="oInterop", **fields):
        """As WeChat writes it; of the events without a MsgId."""
        names = {"ToUserName": OFFICIAL_NAME, "FromUserName": of, "MsgType": kind, **fields}
        written = "".join(
            f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"
            for name, value in names.items()
        )
        return f"<xml>{written}<CreateTime>{int(time.time())}</CreateTime></xml>"

    def event(self, name, **fields):
        return self.message("event", Event=name, **fields)

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

    def test_whatever_a_person_sends_is_answered_by_a_text_that_fits(self):
        media = {"MediaId": "kept-by-wechat"}
        place = {"Location_X": "31.871", "Location_Y": "120.752", "Scale": 16, "Label": "常阴沙"}
        page = {"Title": "新闻", "Description": "开班", "Url": "https://example.org/1"}
        sent = [
            ("text", {"Content": "上课时间"}, "我的课程"),
            ("text", {"Content": "<b>&amp;</b>"}, "报名"),
            ("text", {"Content": "满意", "bizmsgmenuid": "1"}, ""),
            ("image", {"PicUrl": "http://mmbiz.qpic.cn/1", **media}, "报名"),
            ("voice", {"Format": "amr", "Recognition": "我要报名", **media}, "去报名"),
            ("voice", {"Format": "amr", **media}, "报名"),
            ("video", {"ThumbMediaId": "thumb", **media}, "报名"),
            ("shortvideo", {"ThumbMediaId": "thumb", **media}, "报名"),
            ("location", place, "报名"),
            ("link", page, "报名"),
        ]
        for number, (kind, fields, word) in enumerate(sent):
            with self.subTest(kind, **fields):
                number += 24000000000002000
                reply = self.read(self.post(self.message(kind, MsgId=number, **fields)))
                self.is_a_good_text(reply, word)

    def is_a_good_text(self, reply, word="", to="oInterop"):
        self.assertIsInstance(reply, TextReply)
        self.assertEqual((reply.source, reply.target), (OFFICIAL_NAME, to))
        self.assertAlmostEqual(reply.time, time.time(), delta=60)
        self.assertIn(word, reply.content)
        # More is cut off by WeChat.
        self.assertTrue(0 < len(reply.content.encode()) <= 2048, reply.content)

    def test_whatever_asks_without_words_is_answered_by_a_text(self):
        for event, word in [
            (self.event("subscribe", EventKey=""), "欢迎关注"),
            (self.event("subscribe", EventKey="qrscene_somewhere", Ticket="t"), "欢迎关注"),
            (self.event("SCAN", EventKey="somewhere", Ticket="t"), ""),
            (self.event("CLICK", EventKey="help"), "报名"),
            (self.event("CLICK", EventKey="my_classes"), "我的课程"),
            (self.event("CLICK", EventKey="no_such_key"), ""),
        ]:
            with self.subTest(event):
                self.is_a_good_text(self.read(self.post(event)), word)

    def test_what_asks_for_nothing_gets_nothing(self):
        for event in [
            self.event("VIEW", EventKey="https://example.org/", MenuId=1),
            self.event("LOCATION", Latitude="31.87", Longitude="120.75", Precision="60"),
            self.event("TEMPLATESENDJOBFINISH", MsgID=1, Status="success"),
            self.event("MASSSENDJOBFINISH", MsgID=1, Status="send success"),
            self.event("not_known_to_anybody", Whatever="x"),
            self.event("unsubscribe", EventKey=""),
        ]:
            with self.subTest(event):
                answer = self.post(event)
                self.assertEqual((answer.status_code, answer.text), (200, "success"))

    def test_who_asks_for_a_person_is_heard_from_then_on(self):
        def say(words, number):
            return self.read(self.post(self.message("text", "oAsks", Content=words, MsgId=number)))

        self.is_a_good_text(say("人工", 24000000000003001), "电话", "oAsks")
        told = say("教室的门关着，报名的事找谁？", 24000000000003002)
        self.is_a_good_text(told, to="oAsks")
        self.assertNotIn("去报名", told.content, "it is kept for staff, and not answered as a question")

    def test_a_learner_is_told_their_own_class(self):
        person = self.follower()
        openid = person["official_openid"]
        class_name = self.signs_up(self.act(person["id"], "login-code")["code"])
        # A job finds out that both are the same person.
        for number in range(24000000000004000, 24000000000004050):
            reply = self.read(self.post(self.message("text", openid, Content="上课时间", MsgId=number)))
            if class_name in reply.content:
                break
            time.sleep(0.1)
        self.assertIn(class_name, reply.content)
        self.assertEqual(reply.target, openid)

    def signs_up(self, code):
        """By the service's API, for the person whose login code this is."""
        def call(method, path, body=None, **headers):
            address = f"{self.url}/api{path}"
            return self.answered(requests.request(method, address, json=body, headers=headers, timeout=10))

        token = call("POST", "/session", {"code": code})["token"]
        own = {"authorization": f"Bearer {token}"}
        version = call("GET", "/about")["consent_version"]
        call("POST", "/me/consents", {"kind": "privacy", "version": version}, **own)
        community = call("GET", "/communities")["items"][0]["id"]
        profile = {"name": "外来客", "birth_date": "1955-03-01", "community_id": community}
        call("PUT", "/me/profile", profile, **own)
        one = next(one for one in call("GET", "/classes")["items"] if one["free"] > 0)
        call("POST", f"/classes/{one['id']}/enrolments", {"join_waitlist": False}, **own)
        return one["name"]

    def test_what_another_key_sealed_is_refused(self):
        other = WeChatCrypto(OFFICIAL_TOKEN, OFFICIAL_KEY[::-1], OFFICIAL[0])
        self.addCleanup(setattr, self, "crypto", self.crypto)
        self.crypto = other
        self.assertEqual(self.post(self.text("报名", 24000000000000003)).status_code, 403)

    def test_the_mini_programs_sealed_json_is_understood(self):
        # There are no passive replies: what is answered comes as a customer message.
        for message in [
            {"MsgType": "event", "Event": "debug_demo", "debug_str": "水乡"},
            {"MsgType": "event", "Event": "user_enter_tempsession", "SessionFrom": ""},
            {"MsgType": "text", "Content": "上课时间", "MsgId": 24000000000005000},
        ]:
            with self.subTest(**message):
                answer = self.post_to_the_mini(message)
                self.assertEqual((answer.status_code, answer.text), (200, "success"))

    def post_to_the_mini(self, message):
        # The library writes XML alone: the cipher is its own, the envelope is made here.
        crypto = WeChatCrypto(MINI_TOKEN, MINI_KEY, MINI[0])
        head = {"ToUserName": MINI_NAME, "FromUserName": "oInterop", "CreateTime": int(time.time())}
        written = json.dumps({**head, **message}, ensure_ascii=False)
        sealed, timestamp = to_text(PrpCrypto(crypto.key).encrypt(written, MINI[0])), str(int(time.time()))
        signer = WeChatSigner()
        signer.add_data(MINI_TOKEN, timestamp, "79", sealed)
        query = {
            "timestamp": timestamp,
            "nonce": "79",
            "encrypt_type": "aes",
            "msg_signature": signer.signature,
        }
        body = json.dumps({"ToUserName": MINI_NAME, "Encrypt": sealed})
        return requests.post(f"{self.url}/wechat/mini", params=query, data=body, timeout=10)


if __name__ == "__main__":
    unittest.main()

"""`shangxue sandbox` by itself, as WeChat for another's client and another's service.

Both are wechatpy here: nothing of ours but the sandbox runs.
"""

import collections
import http.server
import json
import pathlib
import threading
import time
import unittest
from urllib.parse import parse_qs, urlsplit

import requests
from wechatpy import events, messages, parse_message, replies
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import APILimitedException, InvalidSignatureException
from wechatpy.utils import WeChatSigner, check_signature

from calls import Calls
from support import (
    MINI,
    MINI_KEY,
    MINI_TOKEN,
    NOTICE,
    OFFICIAL,
    OFFICIAL_KEY,
    OFFICIAL_NAME,
    OFFICIAL_TOKEN,
    Alone,
    picture,
)

DAY_S = 86_400
HERE = {"latitude": "31.871000", "longitude": "120.752000", "label": "社区教育中心"}
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
AMR = b"#!AMR\n" + b"\x3c" * 32
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 32


class AsWeChat(Calls, Alone):
    """A client uses it. No service is there: what it would be told is kept."""

    def test_a_deleted_menu_is_gone(self):
        client = self.client()
        client.menu.create({"button": [{"type": "view", "name": "首页", "url": "https://example.org/"}]})
        self.assertEqual(client.menu.delete()["errcode"], 0)
        # The library reads 46003, there is no menu, as nothing.
        self.assertIsNone(client.menu.get())

    def test_a_temporary_file_lives_for_three_days(self):
        client = self.client()
        sent = client.media.upload("image", ("a.png", picture(), "image/png"))
        self.control("clock", advance_s=2 * DAY_S)
        self.assertEqual(client.media.download(sent["media_id"]).content, picture())
        self.control("clock", advance_s=DAY_S + 1)
        with self.refused(40007):
            client.media.download(sent["media_id"])

    def test_a_file_has_to_be_what_it_says(self):
        client = self.client()
        with self.refused(40137):
            client.media.upload("image", ("a.png", b"no picture", "image/png"))
        with self.refused(40012):
            client.media.upload("thumb", ("a.jpg", JPEG + bytes(64 * 1024), "image/jpeg"))

    def test_customer_messages_are_taken_for_48_hours(self):
        client, person = self.client(), self.follower()
        openid = person["official_openid"]
        self.control("clock", advance_s=61)
        with self.refused(45015):
            client.message.send_text(openid, "关注一分钟以后")
        self.act(person["id"], "say", text="有人吗")
        client.message.send_text(openid, "有人")
        self.control("clock", advance_s=2 * DAY_S - 60)
        client.message.send_text(openid, "还在")
        self.control("clock", advance_s=61)
        with self.refused(45015):
            client.message.send_text(openid, "太晚了")
        said = [line["text"] for line in self.chat(person["id"]) if line["sender"] == "account"]
        self.assertEqual(said, ["有人", "还在"])

    def test_a_sixth_customer_message_is_one_too_many(self):
        client, person = self.client(), self.follower()
        self.control("clock", advance_s=61)
        self.act(person["id"], "say", text="有人吗")
        for number in range(5):
            client.message.send_text(person["official_openid"], f"第{number + 1}条")
        with self.refused(45047):
            client.message.send_text(person["official_openid"], "第6条")

    def test_customer_messages_of_every_kind_arrive(self):
        client, person = self.client(), self.follower()
        openid = person["official_openid"]
        upload = client.media.upload
        image = upload("image", ("a.png", picture(), "image/png"))["media_id"]
        voice = upload("voice", ("a.amr", AMR, "audio/amr"))["media_id"]
        thumb = upload("thumb", ("a.jpg", JPEG, "image/jpeg"))["thumb_media_id"]
        article = {"title": "开班了", "description": "三月一日", "url": "https://example.org/1", "image": ""}
        page = {"title": "报名", "appid": MINI[0], "pagepath": "pages/web/index", "thumb_media_id": thumb}
        choices = {"head_content": "满意吗", "list": [{"id": "1", "content": "满意"}], "tail_content": "谢谢"}
        sends = [
            ("image", lambda: client.message.send_image(openid, image)),
            ("voice", lambda: client.message.send_voice(openid, voice)),
            ("music", lambda: client.message.send_music(
                openid, "https://example.org/a.mp3", "https://example.org/b.mp3", thumb, "渔歌", "葫芦丝")),
            ("mini_page", lambda: client.message.send_mini_program_page(openid, page)),
            ("menu", lambda: client.message.send_msg_menu(openid, choices)),
        ]
        for kind, send in sends:
            self.act(person["id"], "say", text="再来")
            send()
            self.assertEqual(self.chat(person["id"])[-1]["extra"]["kind"], kind)
        client.message.send_articles(openid, [article])
        self.assertEqual(self.chat(person["id"])[-1]["articles"][0]["title"], "开班了")

    def test_a_template_message_needs_a_follower_and_its_own_template(self):
        client, person = self.client(), self.follower()
        openid = person["official_openid"]
        template = client.template.get_all_private_template()["template_list"][0]["template_id"]
        with self.refused(40037):
            client.message.send_template(openid, "no-such-template", NOTICE)
        self.act(person["id"], "unfollow")
        with self.refused(43004):
            client.message.send_template(openid, template, NOTICE)

    def test_a_days_limit_is_a_limit_until_it_is_cleared_or_the_day_is_over(self):
        client, openid = self.client(), self.follower()["official_openid"]

        def preview():
            return client.message.send_mass_text(openid, "先看一看", preview=True)

        def left():
            asked = {"cgi_path": "/cgi-bin/message/mass/preview"}
            return client.post("openapi/quota/get", data=asked)["quota"]["remain"]

        # The platform's own limit for this call (api.md).
        for _ in range(100):
            preview()
        self.assertEqual(left(), 0)
        with self.assertRaises(APILimitedException) as refused:
            preview()
        self.assertEqual(refused.exception.errcode, 45009)
        client.post("clear_quota", data={"appid": OFFICIAL[0]})
        preview()
        self.assertEqual(left(), 99)
        self.control("clock", advance_s=DAY_S)
        self.assertEqual(left(), 100)

    def test_the_token_of_the_other_account_opens_nothing(self):
        with self.refused(48001):
            self.client(MINI).user.get_followers()
        self.assertIn("GET /cgi-bin/user/get: 48001 api unauthorized", self.kept("unexpected"))

    def test_what_a_service_would_be_told_is_kept(self):
        person = self.follower()
        self.act(person["id"], "say", text="你好")
        told = [parse_message(one["body"]) for one in self.kept("callbacks") if one["account"] == "official"]
        told = [one for one in told if one.source == person["official_openid"]]
        self.assertEqual([one.type for one in told], ["event", "text"])
        self.assertIsInstance(told[0], events.SubscribeEvent)
        self.assertEqual((told[1].content, told[1].target), ("你好", OFFICIAL_NAME))


class OverARestart(Alone):
    """`--state`, and `--failure-rate` with `--seed`."""

    def test_people_menu_and_tokens_outlive_it(self):
        kept = ("--state", pathlib.Path(self.folder) / "state.json")
        self.again(*kept)
        client, person = self.client(), self.follower()
        client.menu.create({"button": [{"type": "click", "name": "今日课程", "key": "today"}]})
        self.again(*kept)
        # The token of before, at the new address.
        token, client = client.access_token, self.client()
        client.session.set(client.access_token_key, token)
        self.assertEqual(client.menu.get()["menu"]["button"][0]["key"], "today")
        self.assertEqual(client.user.get(person["official_openid"])["subscribe"], 1)
        self.assertEqual([one["path"] for one in self.kept("requests")], ["/cgi-bin/menu/get", "/cgi-bin/user/info"])

    def test_the_same_calls_fail_for_the_same_seed(self):
        def outcomes(seed):
            self.again("--failure-rate", 40, "--seed", seed)
            for _ in range(24):
                try:
                    answer = requests.get(f"{self.sandbox}/cgi-bin/get_api_domain_ip", timeout=0.4)
                    yield answer.status_code, answer.text.split("rid")[0]
                except requests.Timeout:
                    yield "no answer"

        first = list(outcomes(7))
        self.assertEqual(first, list(outcomes(7)))
        self.assertNotEqual(first, list(outcomes(8)))
        self.assertGreater(len(set(first)), 2, first)


class OfAnotherKind(Alone):
    """`--config`: the accounts of a service's own settings."""

    account = ("wx1111111111111111", "00112233445566778899aabbccddeeff")

    @classmethod
    def options(cls):
        settings = pathlib.Path(cls.folder) / "settings.toml"
        settings.write_text(
            f"""
            [wechat.official]
            kind = "subscription"
            verified = false
            appid = "{cls.account[0]}"
            secret = "{cls.account[1]}"
            token = "{OFFICIAL_TOKEN}"
            aes_key = "{OFFICIAL_KEY}"
            """
        )
        return ("--config", settings)

    def test_the_accounts_keys_are_those_of_the_settings(self):
        self.assertIn("ip_list", self.client(self.account).get("getcallbackip"))
        with self.refused(40013, 40001, 40125):
            self.client(OFFICIAL).fetch_access_token()

    def test_an_unverified_subscription_account_may_do_next_to_nothing(self):
        client, openid = self.client(self.account), self.follower()["official_openid"]
        for forbidden in (
            lambda: client.menu.create({"button": [{"type": "click", "name": "课程", "key": "k"}]}),
            lambda: client.user.get(openid),
            lambda: client.message.send_text(openid, "您好"),
            lambda: client.media.upload("image", ("a.png", picture(), "image/png")),
            lambda: client.template.get_all_private_template(),
        ):
            with self.refused(48001):
                forbidden()
        self.assertIn("ip_list", client.get("getcallbackip"))
        self.assertEqual(self.kept("unexpected"), [])


class TowardsAnothersService(Alone):
    """wechatpy is the service: it opens what the sandbox seals, and seals what it answers."""

    crypto = sealing = WeChatCrypto(OFFICIAL_TOKEN, OFFICIAL_KEY, OFFICIAL[0])

    @classmethod
    def options(cls):
        cls.heard = collections.deque()
        cls.answers = {}
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _service(cls))
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        return ("--service", f"http://127.0.0.1:{cls.server.server_port}")

    def setUp(self):
        self.heard.clear()
        self.answers.clear()
        self.someone = self.follower()

    def says(self, words):
        """Somebody writes; what the chat shows then, if it is another line."""
        before = len(self.chat(self.someone["id"]))
        self.act(self.someone["id"], "say", text=words)
        shown = self.chat(self.someone["id"])[before:]
        self.assertEqual(shown[0]["text"], words)
        return shown[1] if shown[1:] else None

    def test_the_address_is_checked_with_the_librarys_signature(self):
        self.assertEqual(self.control("verify"), {"official": True, "mini": True})

    def test_every_message_is_understood(self):
        user = self.someone["id"]
        self.act(user, "say", text="报名😀 <b>&]]>")
        headers = {"content-type": "image/png"}
        address = f"{self.sandbox}/sandbox/api/users/{user}/picture"
        self.answered(requests.post(address, data=picture(), headers=headers, timeout=10))
        self.act(user, "send", kind="voice", recognition="我要报名")
        self.act(user, "send", kind="video")
        self.act(user, "send", kind="location", **HERE)
        self.act(user, "send", kind="link", title="新闻", description="开班", url="https://example.org/1")
        follow, text, image, voice, video, location, link = self.heard
        self.assertIsInstance(follow, events.SubscribeEvent)
        self.assertIsInstance(text, messages.TextMessage)
        self.assertEqual(text.content, "报名😀 <b>&]]>")
        self.assertIsInstance(image, messages.ImageMessage)
        # The picture that was sent is the one that can be fetched.
        self.assertEqual(requests.get(image.image, timeout=10).content, picture())
        self.assertEqual(self.client().media.download(image.media_id).content, picture())
        self.assertIsInstance(voice, messages.VoiceMessage)
        self.assertEqual((voice.recognition, voice.format), ("我要报名", "amr"))
        self.assertIsInstance(video, messages.VideoMessage)
        self.assertTrue(video.media_id and video.thumb_media_id)
        self.assertIsInstance(location, messages.LocationMessage)
        self.assertEqual(location.location, (HERE["latitude"], HERE["longitude"]))
        self.assertEqual((location.label, location.scale), (HERE["label"], "16"))
        self.assertIsInstance(link, messages.LinkMessage)
        self.assertEqual((link.title, link.url), ("新闻", "https://example.org/1"))
        numbers = [one.id for one in (text, image, voice, video, location, link)]
        self.assertEqual(len(set(numbers)), 6)
        for one in self.heard:
            self.assertEqual((one.source, one.target), (self.someone["official_openid"], OFFICIAL_NAME))

    def test_every_event_is_understood(self):
        client, user = self.client(), self.someone["id"]
        menu = [
            {"type": "click", "name": "今日课程", "key": "today"},
            {"type": "view", "name": "首页", "url": "https://example.org/"},
            {"type": "scancode_push", "name": "扫一扫", "key": "scan"},
        ]
        client.menu.create({"button": menu})
        body = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "hall"}}}
        code = client.qrcode.create(body)
        self.act(user, "tap", name="今日课程")
        self.act(user, "tap", name="首页")
        self.act(user, "tap-scan", name="扫一扫", result="https://example.org/2")
        self.act(user, "scan", link=code["url"])
        self.act(user, "unfollow")
        self.act(user, "scan", link=code["url"])
        template = client.template.get_all_private_template()["template_list"][0]["template_id"]
        client.message.send_template(self.someone["official_openid"], template, NOTICE)
        # This one comes when the message has arrived.
        for _ in range(100):
            if len(self.heard) < 8:
                time.sleep(0.05)
        follow, click, view, scanned, known, left, back, sent = self.heard
        self.assertIsInstance(click, events.ClickEvent)
        self.assertEqual(click.key, "today")
        self.assertIsInstance(view, events.ViewEvent)
        self.assertEqual(view.url, "https://example.org/")
        self.assertIsInstance(scanned, events.ScanCodePushEvent)
        self.assertEqual(scanned.scan_result, "https://example.org/2")
        self.assertIsInstance(known, events.ScanEvent)
        self.assertEqual((known.scene_id, known.ticket), ("hall", code["ticket"]))
        self.assertIsInstance(left, events.UnsubscribeEvent)
        self.assertIsInstance(back, events.SubscribeScanEvent)
        self.assertEqual((back.scene_id, back.ticket), ("hall", code["ticket"]))
        self.assertIsInstance(sent, events.TemplateSendJobFinishEvent)
        self.assertEqual(sent.status, "success")

    def test_every_passive_reply_is_shown(self):
        before = self.kept("unexpected")
        upload = self.client().media.upload
        image = upload("image", ("a.png", picture(), "image/png"))["media_id"]
        voice = upload("voice", ("a.amr", AMR, "audio/amr"))["media_id"]
        video = upload("video", ("a.mp4", MP4, "video/mp4"))["media_id"]
        thumb = upload("thumb", ("a.jpg", JPEG, "image/jpeg"))["thumb_media_id"]
        song = {
            "title": "渔歌", "description": "葫芦丝", "thumb_media_id": thumb,
            "music_url": "https://example.org/a.mp3", "hq_music_url": "https://example.org/b.mp3",
        }
        card = {"title": "开班了", "description": "三月一日", "image": "", "url": "https://example.org/1"}
        self.answers.update({
            "文字": lambda to: replies.TextReply(message=to, content="您好 <a href=\"https://example.org/\">去报名</a>"),
            "图片": lambda to: replies.ImageReply(message=to, media_id=image),
            "语音": lambda to: replies.VoiceReply(message=to, media_id=voice),
            "视频": lambda to: replies.VideoReply(message=to, media_id=video, title="戏", description="锡剧"),
            "音乐": lambda to: replies.MusicReply(message=to, **song),
            "图文": lambda to: replies.ArticlesReply(message=to, articles=[card, {**card, "title": "又开班了"}]),
            "人工": lambda to: replies.TransferCustomerServiceReply(message=to),
        })
        self.assertEqual(self.says("文字")["text"], "您好 <a href=\"https://example.org/\">去报名</a>")
        shown = self.says("图片")["extra"]
        self.assertEqual(shown["kind"], "image")
        self.assertEqual(requests.get(shown["url"], timeout=10).content, picture())
        self.assertEqual(self.says("语音")["extra"]["kind"], "voice")
        self.assertEqual(self.says("视频")["extra"], {"kind": "video", "title": "戏", "description": "锡剧"})
        shown = self.says("音乐")["extra"]
        self.assertEqual((shown["kind"], shown["title"], shown["url"]), ("music", "渔歌", song["music_url"]))
        self.assertEqual([one["title"] for one in self.says("图文")["articles"]], ["开班了", "又开班了"])
        self.assertEqual(self.says("人工")["sender"], "system")
        self.assertIsNone(self.says("不答"))
        self.assertEqual(self.kept("unexpected"), before)

    def test_a_reply_that_wechat_would_not_take_is_told(self):
        self.answers.update({
            "图片": lambda to: replies.ImageReply(message=to, media_id="no-such-file"),
            "空话": lambda to: replies.TextReply(message=to, content=""),
            "错人": lambda to: replies.TextReply(source=to.target, target="oSomebodyElse", content="您好"),
        })
        self.refuses("图片", "MediaId is not known")
        self.refuses("空话", "Content is missing")
        self.refuses("错人", "ToUserName is not the user")
        self.answers["您好"] = lambda to: replies.TextReply(message=to, content="您好")
        type(self).sealing = WeChatCrypto("another", OFFICIAL_KEY, OFFICIAL[0])
        self.addCleanup(setattr, type(self), "sealing", self.crypto)
        self.refuses("您好", "MsgSignature is wrong")

    def refuses(self, words, why):
        self.assertEqual(self.says(words)["sender"], "system")
        self.assertIn(why, self.kept("unexpected")[-1])

    def test_the_mini_programs_json_is_sealed_as_the_library_opens_it(self):
        self.act(self.someone["id"], "mini-say", text="客服在吗")
        told = [one for one in self.heard if isinstance(one, dict)]
        self.assertEqual([(one["MsgType"], one["Content"]) for one in told], [("text", "客服在吗")])
        self.assertEqual(told[0]["FromUserName"], self.someone["mini_openid"])


def _service(case):
    """The service at /wechat/official and /wechat/mini."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            query = self.query()
            token = OFFICIAL_TOKEN if self.path.startswith("/wechat/official") else MINI_TOKEN
            check_signature(token, query["signature"], query["timestamp"], query["nonce"])
            self.answer(query["echostr"])

        def do_POST(self):
            query = self.query()
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            if self.path.startswith("/wechat/mini"):
                return self.mini(query, json.loads(body)["Encrypt"])
            clear = case.crypto.decrypt_message(
                body, query["msg_signature"], query["timestamp"], query["nonce"]
            )
            message = parse_message(clear)
            case.heard.append(message)
            answer = case.answers.get(getattr(message, "content", None))
            if answer is None:
                return self.answer("success")
            reply = answer(message).render()
            self.answer(case.sealing.encrypt_message(reply, query["nonce"], query["timestamp"]))

        def mini(self, query, sealed):
            signer = WeChatSigner()
            signer.add_data(MINI_TOKEN, query["timestamp"], query["nonce"], sealed)
            if signer.signature != query["msg_signature"]:
                raise InvalidSignatureException()
            key = WeChatCrypto(MINI_TOKEN, MINI_KEY, MINI[0]).key
            case.heard.append(json.loads(PrpCrypto(key).decrypt(sealed, MINI[0])))
            self.answer("success")

        def query(self):
            return {name: value for name, [value] in parse_qs(urlsplit(self.path).query).items()}

        def answer(self, words):
            body = words.encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Service


if __name__ == "__main__":
    unittest.main()

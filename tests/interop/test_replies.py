"""wechatpy reads every kind of passive reply as the service writes it."""

import json
import pathlib
import unittest

from wechatpy.replies import deserialize_reply

REPLIES = json.loads(pathlib.Path(__file__).with_name("replies.json").read_text())


class Replies(unittest.TestCase):
    def read(self, kind):
        reply = deserialize_reply(REPLIES[kind])
        self.assertEqual((reply.type, reply.target, reply.source), (kind, "oPerson", "gh_account"))
        self.assertEqual(reply.time, 1_780_000_000)
        return reply

    def test_a_text(self):
        self.assertEqual(self.read("text").content, "您好，]]>“报名”😀")

    def test_pictures_and_sound(self):
        self.assertEqual(self.read("image").image, "media-1")
        self.assertEqual(self.read("voice").voice, "media-1")

    def test_a_film(self):
        video = self.read("video")
        self.assertEqual((video.media_id, video.title, video.description), ("media-1", "戏曲", "锡剧"))

    def test_music(self):
        music = self.read("music")
        self.assertEqual((music.thumb_media_id, music.title, music.description), ("thumb-1", "戏曲", "锡剧"))
        self.assertEqual(music.music_url, "https://example.com/a.mp3")
        self.assertEqual(music.hq_music_url, "https://example.com/hq.mp3")

    def test_articles(self):
        first, second = self.read("news").articles
        self.assertEqual((first["title"], second["title"]), ("一", "二 ]]>"))
        self.assertEqual(first["description"], "介绍 <b>&")
        self.assertEqual(first["image"], "https://example.com/a.jpg")
        self.assertEqual(first["url"], "https://example.com/a?b=1&c=2")

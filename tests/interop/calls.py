"""The calls that have to be answered alike beside a service and alone."""

import re

import requests

from support import MINI, OFFICIAL, NOTICE, PLACED, picture


class Calls:
    """wechatpy's client calls the sandbox as it calls WeChat."""

    def test_the_token_is_taken_once_and_a_wrong_secret_is_refused(self):
        client = self.client()
        self.assertEqual(client.access_token, client.access_token)
        with self.refused(40001, 40125):
            self.client((OFFICIAL[0], "0" * 32)).fetch_access_token()

    def test_a_dead_token_is_replaced_by_the_librarys_own_means(self):
        client = self.client()
        client.fetch_access_token()
        self.control("tokens/kill")
        self.assertIn("ip_list", client.get("getcallbackip"))

    def test_a_menu_comes_back_as_it_was_made(self):
        client = self.client()
        menu = {"button": [{"type": "click", "name": "今日课程", "key": "today"}]}
        client.menu.create(menu)
        button = client.menu.get()["menu"]["button"][0]
        self.assertEqual((button["name"], button["key"]), ("今日课程", "today"))

    def test_a_draft_is_made_of_uploaded_pictures(self):
        client = self.client()
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
        with self.refused(45003):
            client.post("draft/add", data={"articles": [{**article, "title": "长" * 65}]})

    def test_a_subscription_message_takes_one_consent(self):
        client, person = self.client(MINI), self.person()
        code = self.act(person["id"], "login-code")["code"]
        openid = client.wxa.code_to_session(code)["openid"]
        self.assertEqual(openid, person["mini_openid"])

        def send():
            return client.wxa.send_subscribe_message(openid, PLACED, NOTICE)

        with self.refused(43101):
            send()
        self.act(person["id"], "subscribe", results={PLACED: "accept"})
        self.assertEqual(send()["errcode"], 0)
        with self.refused(43101):
            send()
        self.assertEqual(len(self.state(person["id"])["me"]["notices"]), 1)

    def test_a_follower_is_known_and_can_be_written_to(self):
        client, person = self.client(), self.person()
        openid = person["official_openid"]
        self.assertEqual(client.user.get(openid)["subscribe"], 0)
        self.act(person["id"], "follow")
        known = client.user.get(openid)
        self.assertEqual((known["subscribe"], known["unionid"]), (1, person["unionid"]))
        self.assertIn(openid, client.user.get_followers()["data"]["openid"])

    def test_followers_are_listed_named_and_remarked(self):
        client = self.client()
        openids = [self.follower()["official_openid"] for _ in range(3)]
        self.assertLessEqual(set(openids), set(client.user.iter_followers()))
        client.user.update_remark(openids[1], "书法班班长")
        known = {one["openid"]: one for one in client.user.get_batch(openids)}
        self.assertEqual(set(known), set(openids))
        self.assertEqual(known[openids[1]]["remark"], "书法班班长")

    def test_files_are_uploaded_fetched_and_counted(self):
        client = self.client()
        sent = client.media.upload("image", ("a.png", picture(), "image/png"))
        self.assertEqual(client.media.download(sent["media_id"]).content, picture())
        before = client.material.get_count()["image_count"]
        client.material.add("image", ("b.png", picture(), "image/png"))
        self.assertEqual(client.material.get_count()["image_count"], before + 1)

    def test_followers_are_tagged(self):
        client, openid = self.client(), self.follower()["official_openid"]
        tag = client.tag.create("书法班")["id"]
        client.tag.tag_user(tag, openid)
        self.assertEqual(client.tag.get_user_tag(openid), [tag])
        self.assertEqual(list(client.tag.iter_tag_users(tag)), [openid])
        client.tag.untag_user(tag, openid)
        self.assertEqual(client.tag.get_user_tag(openid), [])
        client.tag.delete(tag)

    def test_customer_and_template_messages_arrive(self):
        client, person = self.client(), self.follower()
        openid = person["official_openid"]
        client.message.send_text(openid, "工作人员的回答")
        template = client.template.get_all_private_template()["template_list"][0]["template_id"]
        self.assertTrue(client.message.send_template(openid, template, NOTICE)["msgid"])
        chat = self.chat(person["id"])
        self.assertIn("工作人员的回答", [line["text"] for line in chat])
        self.assertEqual(chat[-1]["extra"]["kind"], "template")

    def test_codes_are_pictures(self):
        scene = {"scene": {"scene_str": "interop"}}
        body = {"expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": scene}
        client = self.client()
        address = client.qrcode.get_url(client.qrcode.create(body))
        address = address.replace("https://mp.weixin.qq.com", self.sandbox)
        self.assertEqual(requests.get(address, timeout=10).content[:2], b"\xff\xd8")
        code = self.client(MINI).wxa.get_wxa_code_unlimited("c=AbC", page="pages/web/index")
        self.assertEqual(code.content[:2], b"\xff\xd8")

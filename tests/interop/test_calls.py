"""wechatpy's client calls the demo's sandbox as it calls WeChat."""

import unittest
from urllib.parse import parse_qs, urlsplit

import requests
from wechatpy import WeChatOAuth

from calls import Calls
from support import OFFICIAL, Demo


class TowardsTheSandbox(Calls, Demo):
    """The same library, unmodified but for the address, beside a service that calls too."""

    def test_web_sign_in_tells_who_it_is(self):
        person = self.person()
        oauth = WeChatOAuth(*OFFICIAL, f"{self.url}/m/", "snsapi_userinfo", "abc123")
        oauth.API_BASE_URL = f"{self.sandbox}/"
        oauth.OAUTH_BASE_URL = f"{self.sandbox}/connect/"
        page = oauth.authorize_url.split("#")[0]
        back = requests.get(f"{page}&as={person['id']}", allow_redirects=False, timeout=10)
        query = parse_qs(urlsplit(back.headers["location"]).query)
        self.assertEqual(query["state"], ["abc123"])
        oauth.fetch_access_token(query["code"][0])
        self.assertEqual(oauth.get_user_info()["openid"], person["official_openid"])
        self.assertTrue(self.client().jsapi.get_ticket()["ticket"])


if __name__ == "__main__":
    unittest.main()

"""From where a request comes: what a proxy wrote is believed, what a visitor wrote is not."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from bihuan.foundation.pages.visitors import address_of


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "1.2.3.4", "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        (2, "9.9.9.9, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:2:bbbb:1:2:3", "2001:db8:1:2::/64"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "fe80::1%eth0", "fe80::/64"),
        (1, "no address", "no address"),
    ],
)
def test_an_address_is_what_the_trusted_proxy_saw(settings, proxies, told, address):
    settings.BIHUAN_PROXIES = proxies
    headers = {"X-Forwarded-For": told} if told else {}
    assert address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.9")) == address

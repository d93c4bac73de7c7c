# SPDX-License-Identifier: Apache-2.0
"""The page of a real weir."""

TELEGRAF = {"User-Agent": "Telegraf/1.24.2"}


def page_of(weir, path=""):
    return f"http://{weir.announced['http'][0]}/{path}"


def open_page(browser, weir, path=""):
    browser.open(page_of(weir, path))
    browser.wait_text("#connection", "live")

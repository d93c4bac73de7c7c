# SPDX-License-Identifier: Apache-2.0
"""What axe-core finds on the page, in every trouble at once: nothing."""

import pytest
from suite.axe import faults
from suite.played import status
from suite.troubled import explained, rejected_detail, troubled


@pytest.mark.parametrize("scheme, width", [("light", 1400), ("dark", 1400), ("light", 320)])
def test_axe_finds_no_fault(browser, play, axe, scheme, width):
    played = play(lambda: troubled(databases=3, groups=4))
    played.detail, played.explain = rejected_detail, explained
    browser.colours(scheme)
    browser.size(width, 900)
    browser.open(played.url + "#database=telegraf")
    browser.wait_text("#database-body", "Lines arrive")
    browser.type("#try-lines", "m v=1")
    browser.wait_text("#try-verdicts", "a comma inside a number")
    browser.click("#try-send")
    browser.wait_text("#try-answer", "weir answered 400")
    browser.run("document.querySelectorAll('details').forEach((each) => each.open = true)")
    browser.wait_text("#configuration-body", "http")
    browser.wait("return document.querySelector('#rates canvas')")
    assert faults(browser, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_where_all_is_well_or_lost(browser, play, axe, scheme):
    played = play(status(sinks=[], rejections=[], sources=[], databases={"count": 0, "shown": []}))
    browser.colours(scheme)
    browser.open(played.url)
    browser.wait_text("#headline", "All is well")
    assert faults(browser, axe) == []
    played.stop()
    browser.wait_text("#banner", "The connection to weir is lost")
    assert faults(browser, axe) == []


def test_axe_finds_faults_where_there_are_some(browser, play, axe):
    """Else the tests above would show nothing."""
    browser.open(play().url)
    browser.wait_text("#headline", "All is well")
    browser.run("document.getElementById('headline-text').style.color = '#ccc';"
                "document.querySelector('label[for=databases-sort]').remove()")  # fmt: skip
    found = " ".join(faults(browser, axe))
    assert "color-contrast" in found and "#databases-sort" in found


CONTRASTS = """
const style = getComputedStyle(document.documentElement);
const light = (name) => {
  const part = style.getPropertyValue(name).trim().slice(1).match(/../g).map((hex) => parseInt(hex, 16) / 255)
    .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
};
return arguments[0].map((name) => {
  const [a, b] = [light("--" + name), light("--panel")].sort((one, other) => other - one);
  return [name, (a + 0.05) / (b + 0.05)];
});
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_of_charts_can_be_told_from_their_ground(browser, play, scheme):
    """What axe does not look at: WCAG asks for 3:1 of graphics."""
    browser.colours(scheme)
    browser.open(play().url)
    found = browser.run(CONTRASTS, ["received", "accepted", "delivered", "rejected", "dropped"])
    assert all(ratio >= 3 for _, ratio in found), found

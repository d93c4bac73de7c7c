# SPDX-License-Identifier: Apache-2.0
"""The page in states that a weir is in rarely: each is played (suite/played.py), the Chromium is real."""

import pytest
from harness.process import wait_until
from suite.played import API, group, sink, status
from suite.troubled import CREATE, HOSTILE, LANE, explained, rejected_detail, troubled


def open_page(browser, played, path=""):
    browser.open(played.url + path)
    browser.wait("return document.documentElement.dataset.shown === 'yes'")


def statuses(browser, more, seconds=15.0):
    """Until so many further ones were shown."""
    browser.run("window.updates = 0; new MutationObserver(() => ++window.updates).observe("
                "document.getElementById('process'), {childList: true, characterData: true, subtree: true})")  # fmt: skip
    browser.wait("return window.updates >= arguments[0]", more, seconds=seconds)


def counted_up(made):
    """A document whose `uptime` is another each time, so that what is shown of it changes."""
    turn = [0]

    def document():
        turn[0] += 1
        return {**made(), "uptime": turn[0]}

    return document


# ---- the headline --------------------------------------------------------------------------------


def test_a_weir_that_is_well_says_so(browser, play):
    open_page(browser, play())
    browser.wait_text("#headline", "All is well: lines arrive, and its sink takes them")
    assert browser.run("return document.title") == "✓ weir on gauge"
    assert browser.text("#advice-more") == ""
    assert "1.1 % full 118 MiB of 10.0 GiB" in browser.text("#log")
    assert "the log would last about 2 d 8 h at 50.8 KiB a second" in browser.text("#log-outage")
    assert "503" in browser.text("#log-next")


def in_kafka(**other):
    document = status(roles=["intake"], sinks=[])
    document["log"] = {
        "kind": "kafka", "acknowledge": "written", "when_full": "reject", "bytes": 0, "keep_bytes": 0, "share": 0,
        "append_bytes_per_second": 0, "outage_seconds_left": None, "next": "The topic keeps points for its own retention.ms.",
        "topic": {"name": "weir", "brokers": ["kafka-1:9092", "kafka-2:9092"], "partitions": 12, "replicas": 3,
                  "leaderless": 0, "fault": "", **other},
    }  # fmt: skip
    return document


def test_a_log_in_kafka_has_no_fill(browser, play):
    open_page(browser, play(in_kafka()))
    browser.wait_text("#headline", "this weir takes lines and writes them to Kafka; others deliver them")
    log = browser.text("#log")
    assert "in Kafka" in log and "12 partitions" in log and "each on 3 brokers" in log, log
    assert "kafka-1:9092, kafka-2:9092" in log and "every partition has one" in log, log
    assert "full" not in browser.text("#log-share")
    assert browser.run("return document.getElementById('log-bar').hidden && document.getElementById('log-outage').hidden")


def test_partitions_without_a_leader_are_counted(browser, play):
    open_page(browser, play(in_kafka(leaderless=2)))
    assert "2 partitions without" in browser.text("#log")


def test_who_only_delivers_waits_for_no_lines(browser, play):
    document = status(roles=["sinks"])
    document["totals"]["received"] = 0
    open_page(browser, play(document))
    browser.wait_text("#headline", "All is well: this weir delivers; others take the lines")


def test_the_most_urgent_advice_is_the_headline(browser, play):
    open_page(browser, play(troubled))
    assert browser.text("#headline-seen") == "✕Sink influx holds database sensors: the server does not have it."
    assert CREATE in browser.text("#headline-do")
    assert "Telegraf/1.24.2 sends seconds as nanoseconds" in browser.text("#advice-list")
    assert browser.run("return document.title").startswith("✕")


def test_a_weir_that_nobody_has_sent_to_says_how(browser, play):
    document = status()
    document["totals"]["received"] = 0
    played = play(document)
    open_page(browser, played)
    browser.wait_text("#headline", "no line has arrived since weir started")
    assert f"curl -i '{played.url}write?db=test' --data-binary" in browser.text("#headline-do")


def test_a_screen_reader_hears_the_headline_only_when_it_changes(browser, play):
    turn = [0]

    def growing():
        turn[0] += 1
        advice = {"level": "error", "about": "log", "what": f"{turn[0]} points are held.", "do": "Wait.", "command": "true"}
        return status(advice=[advice], uptime=turn[0])

    played = play(growing)
    played.pause = 0.1
    open_page(browser, played)
    browser.wait_text("#headline-seen", "points are held")
    browser.run("document.querySelector('#headline button.copy').focus()")
    assert browser.run("return [...document.querySelectorAll('[aria-live]')].map((each) => each.parentNode.id)") == ["headline"]
    browser.run("window.heard = 0; new MutationObserver(() => ++window.heard).observe("
                "document.getElementById('headline-heard'), {childList: true, characterData: true, subtree: true})")  # fmt: skip
    statuses(browser, 5)
    assert browser.run("return window.heard") == 0
    assert browser.run("return document.activeElement.className") == "copy", "what is pressed stays where it is"
    played.status = troubled
    browser.wait_text("#headline", "Sink influx holds")
    assert browser.run("return window.heard") > 0


# ---- sinks ---------------------------------------------------------------------------------------


def test_a_held_lane_is_tried_again_by_its_button(browser, play):
    played = play(status(sinks=[sink(state="held", held_lanes=1, held=[LANE])]))
    open_page(browser, played)
    lane = browser.text(".lane")
    assert "Held: sensors" in lane and "database not found" in lane and CREATE in lane and "held for 1 h 6 min" in lane
    browser.click(".lane button.retry")
    browser.wait_text(".lane", "weir tries again now")
    assert ("POST", "/-/park/retry?sink=influx&db=sensors&rp=") in played.asked
    played.retry = (403, {"error": "forbidden: weir is administered from its own machine"})
    browser.click(".lane button.retry")
    browser.wait_text(".lane", r"did not take that \(403\): forbidden: weir is administered from its own machine")


# ---- names ---------------------------------------------------------------------------------------


def test_names_are_data(browser, play):
    played = play(troubled)
    played.detail, played.explain = rejected_detail, explained
    open_page(browser, played)
    browser.run("document.querySelectorAll('details').forEach((each) => each.open = true)")
    browser.click("#databases-rows button")
    browser.wait_text("#database-body", "Lines arrive")
    browser.type("#try-lines", "m v=1")
    browser.wait_text("#try-verdicts", "a comma inside a number")
    assert browser.run("return window.harmed") is None
    assert browser.run("return document.querySelectorAll('img, main script').length") == 0
    shown = browser.text("#database-title")
    assert "<img src=x" in shown and "‹U+202E›gnp.exe‹U+0000›‹U+001B›[31m‹U+2028›" in shown
    assert "\u202e" not in browser.run("return document.body.textContent + document.body.innerHTML")
    browser.click("#database-title button")
    assert "x" * 300 in browser.text("#database-title")
    assert ("GET", f"{API}databases?name=") not in played.asked
    browser.click("#database-close")
    assert browser.run("return document.activeElement.textContent").startswith("<img src=x")


# ---- the connection ------------------------------------------------------------------------------


def test_a_lost_connection_is_told_and_regained(browser, play):
    played = play()
    open_page(browser, played)
    browser.wait_text("#connection", "live")
    played.stop()
    browser.wait_text("#banner", r"The connection to weir is lost weir does not answer\. What you see is .* old, from \d\d:\d\d:\d\d")
    browser.wait_text("#connection", "no connection")
    asked = len(played.asked)
    played.start()
    browser.wait_text("#connection", "live")
    assert browser.text("#banner") == ""
    wait_until(lambda: any("history" in path for _, path in played.asked[asked:]), what="what happened meanwhile is asked for")


def test_who_may_not_see_it_is_told_so(browser, play):
    played = play()
    played.refuse = (403, 'the user "grafana" has not the right admin')
    browser.open(played.url)
    browser.wait_text("#banner", 'weir does not let you: the user "grafana" has not the right admin')
    played.refuse = (401, "who are you?")
    browser.click("#banner-try")
    browser.wait_text("#banner", "weir asks for a user and a password")
    played.refuse = None
    browser.click("#banner-try")
    browser.wait_text("#connection", "live")


def test_a_page_that_nobody_sees_asks_for_little(browser, play):
    played = play()
    played.pause = 0.1
    open_page(browser, played)
    browser.wait_text("#connection", "live")
    assert played.watchers == 1
    hide = ("Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'))")  # fmt: skip
    browser.run(hide, True)
    browser.wait_text("#connection", "paused")
    wait_until(lambda: played.watchers == 0, what="its events are not asked for")
    asked = len(played.asked)
    browser.run(hide, False)
    browser.wait_text("#connection", "live")
    assert played.watchers == 1 and ("GET", API + "events") in played.asked[asked:]


# ---- what it costs -------------------------------------------------------------------------------


def test_fifty_databases_and_twenty_groups_a_second_cost_little(browser, play):
    played = play(counted_up(troubled))
    played.pause = 0.1
    open_page(browser, played)
    statuses(browser, 3)
    browser.devtools("Performance.enable", timeDomain="threadTicks")

    def measured():
        browser.devtools("HeapProfiler.collectGarbage")
        metrics = browser.devtools("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] for each in metrics}

    before = measured()
    statuses(browser, 20)
    after = measured()
    browser.devtools("Performance.disable")
    each = {name: 1000 * (after[name] - before[name]) / 20 for name in ("TaskDuration", "ScriptDuration", "LayoutDuration")}
    print("milliseconds of the page's thread for each status:", {name: round(value, 1) for name, value in each.items()})
    assert each["TaskDuration"] < 60, each
    assert after["Nodes"] < before["Nodes"] * 1.2, "what is shown anew leaves nodes behind"
    assert after["JSEventListeners"] < before["JSEventListeners"] * 1.2


# ---- widths and keys -----------------------------------------------------------------------------


def test_a_phone_scrolls_in_one_direction(browser, play):
    played = play(troubled)
    played.detail, played.explain = rejected_detail, explained
    browser.size(320, 640)
    open_page(browser, played, "#database=telegraf")
    browser.wait_text("#database-body", "Lines arrive")
    browser.type("#try-lines", "m v=1")
    browser.wait_text("#try-verdicts", "a comma inside a number")
    browser.run("document.querySelectorAll('details').forEach((each) => each.open = true)")
    wide = ("return [...document.querySelectorAll('main *')].filter((each) => !each.closest('.hidden') && each.getClientRects().length > 0"
            " && each.getBoundingClientRect().right > 320.5).map((each) => `${each.tagName} ${each.className} ${each.id} ${each.innerText.slice(0, 50)}`)")  # fmt: skip
    assert browser.run(wide) == [], "\n".join(browser.run(wide))
    assert browser.run("return document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("width", [1280, 360])
def test_numbers_that_grow_move_nothing(browser, play, width):
    turn = [0]

    def document():
        turn[0] += 1
        many = 10 ** (1 + turn[0] % 6)
        made = troubled(databases=3, groups=4)
        made["sinks"] = made["sinks"][:3]
        made["sinks"][0].update(pending_points=many, pending_bytes=many * 58, lag_seconds=many / 7, delivered_per_second=many / 3)
        made["sinks"][1].update(pending_points=many, pending_bytes=many * 40, lag_seconds=many / 9, delivered=many * 1000)
        for each in made["rejections"]:
            each["count"] = many
        return {**made, "uptime": turn[0]}

    played = play(document)
    played.pause = 0.1
    browser.size(width, 900)
    open_page(browser, played)
    browser.wait("return document.querySelector('#rates canvas')")
    places = ("return ['rates', 'sinks', 'rejections', 'databases', 'senders'].map((id) => "
              "Math.round(document.getElementById(id).getBoundingClientRect().top + scrollY))")  # fmt: skip
    seen = []
    for _ in range(7):
        seen.append(browser.run(places))
        statuses(browser, 1)
    assert all(each == seen[0] for each in seen), seen


def test_it_is_led_by_keys(browser, play):
    open_page(browser, play(troubled))
    browser.press("tab")
    assert browser.run("return document.activeElement.className") == "skip"
    assert browser.run("return document.activeElement.getBoundingClientRect().top") >= 0
    browser.press("enter")
    assert browser.run("return document.activeElement.id") == "main"
    browser.run("document.querySelector('#databases-rows button').focus()")
    browser.press("enter")
    browser.wait_text("#database-title", "Database <img")
    assert browser.run("return document.activeElement.id") == "database-title"
    browser.press("escape")
    assert browser.run("return document.getElementById('database').hidden")
    assert browser.run("return document.activeElement.closest('table').id") == "databases-table"


def test_rows_keep_their_places_while_one_is_used(browser, play):
    turn = [0]

    def document():
        turn[0] += 1
        made = troubled(databases=0)
        made["rejections"] = [group("a", count=turn[0]), group("b")][:: 1 if turn[0] % 2 else -1]
        return {**made, "uptime": turn[0]}

    played = play(document)
    played.pause = 0.1
    open_page(browser, played)
    browser.run("document.querySelectorAll('.problem')[1].firstChild.focus()")
    order = "return [...document.querySelectorAll('.problem .title code')].map((each) => each.textContent)"
    before = browser.run(order)
    statuses(browser, 6)
    assert browser.run(order) == before
    assert browser.run("return document.activeElement.tagName") == "SUMMARY"


PROBLEMS = "return [...document.querySelectorAll('.problem')].map((each) => [each.querySelector('.title code').textContent, each.open])"


def test_problems_stand_by_their_lines_and_stay(browser, play):
    groups = [group("few", count=2), group("many", count=70), group("other", kind="mended", count=900, title="many lines changed")]
    played = play(counted_up(lambda: status(rejections=[dict(each) for each in groups], advice=[
        {"level": "warning", "about": "senders", "what": "3 of 10 lines were rejected: Many lines changed.", "do": "", "command": ""}])))  # fmt: skip
    played.pause = 0.1
    open_page(browser, played)
    assert browser.run(PROBLEMS) == [["many", True], ["few", False], ["other", False]]
    groups[0]["count"] = 5000
    groups.append(group("late", count=60))
    browser.wait_text("#rejections-list", "late new")
    assert [code for code, _ in browser.run(PROBLEMS)] == ["many", "few", "late", "other"]
    browser.click("#headline-do a")
    assert browser.run(PROBLEMS)[-1] == ["other", True], "the one that the advice names"
    assert browser.text("#rejections-list").count(" new ") == 1


def test_each_of_some_sinks_has_a_row_of_its_own(browser, play):
    open_page(browser, play(status(sinks=[sink("one", delivered_per_second=700), sink("two", delivered_per_second=500)])))
    rows = browser.wait_text("#rates table", r"delivered, 2 sinks together .* rejected").group(0)
    assert "to one 700 1,234,567 points in all" in rows and "to two 500" in rows


def test_what_came_of_a_retry_is_told_and_the_focus_stays(browser, play):
    now = sink(state="held", lanes=4, held_lanes=1, held=[LANE])
    played = play(counted_up(lambda: status(sinks=[dict(now)])))
    played.pause = 0.2
    open_page(browser, played)
    browser.wait_text(".card", "1 of 4 databases held")
    browser.click(".lane button.retry")
    browser.wait_text(".lane", "weir tries again now")
    assert browser.run("return document.activeElement.textContent") == "Retry now"
    now["last_error"] = {"age_seconds": 0, "message": "authorization failed"}
    browser.wait_text(".lane", r"Tried at \d\d:\d\d:\d\d: refused again \(authorization failed\)\.")
    browser.wait("return document.querySelector('.retry').getAttribute('aria-disabled') === 'false'")
    browser.click(".lane button.retry")
    now.update(held=[], held_lanes=0, state="delivering", delivered=now["delivered"] + 5120)
    browser.wait_text(".card", r"sensors: Tried at \d\d:\d\d:\d\d: delivered\.")
    assert browser.run("return document.activeElement.tagName") == "H3"


def test_a_link_to_a_database_ends_there_and_back_closes_it(browser, play):
    played = play(troubled)
    played.detail = rejected_detail
    open_page(browser, played, "#database=telegraf")
    browser.wait_text("#database-body", "Lines arrive")
    browser.wait("const box = document.getElementById('database').getBoundingClientRect(); return box.top >= 0 && box.top < 300")
    browser.open("about:blank")
    open_page(browser, played)
    browser.click("#databases-rows button")
    browser.wait_text("#database-body", "Lines arrive")
    browser.run("history.back()")
    browser.wait("return document.getElementById('database').hidden && location.hash === ''")


def test_databases_are_sorted_by_their_heads(browser, play):
    open_page(browser, play(troubled))
    rows = "return [...document.querySelectorAll('#databases-rows button')].map((each) => each.textContent)"
    for expected, names in (("ascending", ["db01", "db02"]), ("descending", ["db49", "db48"])):
        browser.click("[data-sort=name] button")
        assert browser.run("return document.querySelector('[aria-sort]').getAttribute('aria-sort')") == expected
        assert [each for each in browser.run(rows) if each.startswith("db")][:2] == names
    assert browser.run("return document.getElementById('databases-sort').value") == "name"
    browser.click("#databases-search button")
    browser.wait_text("#databases-hint", "Type or choose a database name")


def test_the_log_says_what_waits(browser, play):
    open_page(browser, play(status(sinks=[sink(pending_points=130, pending_bytes=8192)])))
    browser.wait_text("#log-waits", r"Waiting for delivery: 8\.0 KiB, 130 points The rest is already delivered")


# ---- the charts ----------------------------------------------------------------------------------


def test_the_charts_have_words(browser, play):
    played = play()
    open_page(browser, played)
    browser.wait("return document.querySelectorAll('#rates canvas').length > 0")
    words = browser.wait("return document.getElementById('chart-words').textContent")
    assert "Per second, of the last hour: received 1,201 now" in words and "rejected 0.5 now" in words
    assert browser.run("return document.getElementById('chart-flow').getAttribute('aria-describedby')") == "chart-words"
    labels = browser.text("#chart-flow")
    assert ":" in labels and "T" not in labels, labels  # times of day
    browser.click("#span label:first-of-type span")
    browser.wait_text("#rates table", "5 min")


def test_the_charts_of_a_young_weir_show_no_empty_hour(browser, play):
    played = play(counted_up(status))  # it counts seconds since the start
    played.pause = 0.1
    open_page(browser, played)
    assert browser.run("return document.querySelector('#span :checked').value") == "300"
    browser.click("#span label:nth-of-type(2) span")
    played.status = status(uptime=5000)
    browser.wait_text("#process", "1 h 23 min")
    assert browser.run("return document.querySelector('#span :checked').value") == "900", "a person chose it"
    browser.open(played.url)
    browser.wait("return document.querySelector('#span :checked').value === '3600'")


def test_what_is_empty_says_why_and_what_is_like_it(browser, play):
    played = play()
    open_page(browser, played)
    browser.type("#databases-name", "telegraph")
    browser.wait_text("#databases-none", "nothing for a database with telegraph in its name")
    browser.press("enter")
    browser.wait_text("#database-body", "No line for a database called telegraph has arrived since weir started")
    browser.click("#database-body .row button")
    browser.wait_text("#database-title", "Database telegraf$")
    assert browser.run("return location.hash") == "#database=telegraf"


def test_hostile_names_stand_in_the_document(play):
    """Else the tests above would show nothing."""
    assert HOSTILE in [each["name"] for each in play(troubled).document()["databases"]["shown"]]

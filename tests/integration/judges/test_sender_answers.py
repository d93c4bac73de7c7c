# SPDX-License-Identifier: Apache-2.0
"""What a sender of remote write 1 and 2 does about answers: the tests of prometheus/compliance (remotewrite/sender) on
retries, backoff, falling back to version 1, and responses, re-told. Each has the name of the one, or those, that it
re-tells. What is sent is in test_sender.py.

Where weir means something else by it:
- no_retry_on_401, no_retry_on_404: the specification lets a sender drop what was so answered, and the cause is
  usually a token or a flag that a person will mend. weir keeps it, asks again seldom (`retry_most`), and says so.
- no_retry_on_413: the same request is not sent again, its halves are.

What has no counterpart:
- tls_handshake_failure, dns_resolution_failure, invalid_url_scheme: of the transfer, whatever is sent; told of sinks in
  test_delivery.py and the configuration's tests.
- TestConcurrentRequests: a sender MAY; nothing is asked of it."""

import time

import pytest

from harness.http_server import Answer
from harness.letters import refused_lines, refused_text
from harness.process import wait_until
from harness.remote_write import taken, written
from harness.samples import dealt_with, discarded

NOW = int(time.time() * 1000) - 60_000
SINK = "prometheus"


def line(series, value=1, at=NOW):
    return f"{series} value={value} {at * 10**6}"


def write(weir, *lines):
    answer = weir.client.write("\n".join(lines), "exact")
    assert answer.status == 204, answer


def first_answers(*answers):
    """Then all is taken."""
    return lambda number, _: answers[number] if number < len(answers) else None


# ---- retries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_retry_on_5xx(receive, start_sender, version, status):
    """Retries500Test, retry_on_500, retry_on_502, retry_on_503, retry_on_504, may_retry_on_429: the same again."""
    receiver = receive(first_answers(Answer(status, b"not now"), Answer(status, b"not now")))
    weir = start_sender(receiver, version)
    write(weir, line("m"), line("n"))
    weir.wait_delivered(2, sink=SINK)
    assert len(receiver.writes) == 3
    assert len({one.body for one in receiver.writes}) == 1, "the same, byte for byte"
    assert weir.metrics().one("weir_sink_retries_total", sink=SINK) == 2
    write(weir, line("m", 2, NOW + 1))
    receiver.wait(4, weir)
    assert receiver.writes[3].times().isdisjoint(receiver.writes[0].times()), "what was taken is not sent again"


def test_retry_is_for_ever(receive, start_sender, version):
    """sender_continues_after_errors."""
    receiver = receive(lambda number, _: Answer(503, b"busy") if number < 20 else None)
    weir = start_sender(receiver, version, retry_least="5ms", retry_most="10ms")
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    assert len(receiver.writes) == 21 and discarded(weir) == {}


@pytest.mark.parametrize("status", [400, 409, 422])
def test_no_retry_on_400(receive, start_sender, version, status):
    """Retries400Test, no_retry_on_400, handle_missing_written_headers: once, and it is counted and kept; what comes
    after it goes on. With version 2 an answer of 400 that says nothing of what was written comes from a receiver that
    does not know it: so once in each version."""
    times = 2 if version == 2 and status == 400 else 1
    receiver = receive(first_answers(*[Answer(status, b"no such thing")] * times))
    weir = start_sender(receiver, version)
    write(weir, line("m"))
    dealt_with(weir, 1)
    assert len(receiver.writes) == times
    assert discarded(weir) == {"refused": 1}
    write(weir, line("m", 2, NOW + 1))
    weir.wait_delivered(1, sink=SINK)
    assert len(receiver.writes) == times + 1
    assert receiver.writes[-1].times().isdisjoint(receiver.writes[0].times())
    assert refused_lines(weir, SINK) == [line("m")]


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_no_retry_on_401_404(receive, start_sender, version, status):
    """no_retry_on_401, no_retry_on_404: not again at once. It is held, and nothing is lost by a wrong token."""
    mended = []
    receiver = receive(lambda number, _: None if mended else Answer(status, b"not for you"))
    weir = start_sender(receiver, version, retry_least="50ms", retry_most="1500ms")
    write(weir, line("m"))
    receiver.wait(1, weir)
    wait_until(lambda: weir.metrics().one("weir_sink_holds_total", sink=SINK) == 1, 20, "held", weir.must_be_alive)
    assert "not for you" in weir.log()
    receiver.wait(3, weir)
    first, second = gaps(receiver)[:2]
    assert first > 0.09 and second > 0.19, f"asked again after {first:.3f} s and {second:.3f} s"
    mended.append(True)
    weir.wait_delivered(1, sink=SINK)
    assert discarded(weir) == {}


def test_no_retry_on_413(receive, start_sender, version):
    """What is too large comes in halves, and one sample that is too large alone costs only itself."""
    too_large = lambda one: len(one.series) > 2 or any(each.of.get("s") == "3" for each in one.series)
    receiver = receive(lambda _, one: Answer(413, b"too large") if too_large(one) else None)
    weir = start_sender(receiver, version)
    lines = [line(f"m,s={s}") for s in range(8)]
    write(weir, *lines)
    dealt_with(weir, 8)
    bodies = [one.body for one in receiver.writes]
    assert len(set(bodies)) == len(bodies), "never the same again"
    stored = {each.of["s"] for one in receiver.writes if not too_large(one) for each in one.series}
    assert stored == set("0124567")
    assert discarded(weir) == {"too_large": 1}


# ---- backoff -------------------------------------------------------------------------------------


def gaps(receiver):
    times = [one.at for one in receiver.writes]
    return [later - earlier for earlier, later in zip(times, times[1:])]


def test_backoff_required(receive, start_sender, version):
    """exponential_backoff_on_retries, backoff_max_delay, backoff_with_jitter: pauses that grow, up to the most that is
    set, and are not all alike."""
    receiver = receive(lambda number, _: Answer(503, b"busy") if number < 9 else None)
    weir = start_sender(receiver, version, retry_least="40ms", retry_most="400ms")
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    found = gaps(receiver)
    print([round(one, 3) for one in found])
    assert len(found) == 9
    assert all(one >= 0.039 for one in found), "a pause each time"
    assert max(found[4:]) > 0.1, "they grow: the first one has 80 ms at most"
    assert all(one < 0.4 + 1 for one in found), "and have a bound, and a second for a busy machine"
    assert len({round(one, 3) for one in found[4:]}) > 1, "with jitter"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_header_respected(receive, start_sender, version, status):
    receiver = receive(first_answers(Answer(status, b"later", {"Retry-After": "1"})))
    weir = start_sender(receiver, version, retry_least="10ms", retry_most="5s")
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    (gap,) = gaps(receiver)
    assert 0.99 <= gap < 3, gap


# ---- falling back --------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [
    Answer(415, b"RW 2.0 is not supported"),
    Answer(400, b"unexpected EOF"),
    Answer(204),
    Answer(200, b"OK"),
    Answer(204, b"", {"X-Prometheus-Remote-Write-Samples-Written": "0"}),
], ids=["415", "400", "204", "200", "none written"])
def test_fallback_on_415_unsupported_media_type(receive, start_sender, answer):
    """retry_with_different_version, fallback_header_changes, accept_success_after_fallback,
    persistent_fallback_choice; detect_broken_receiver. The same samples in version 1 at once, and no version 2
    after."""
    receiver = receive(lambda number, one: answer if one.version == 2 else None)
    weir = start_sender(receiver, 2)
    write(weir, *[line(f"m,s={s}") for s in range(10)])
    weir.wait_delivered(10, sink=SINK)
    for step in range(1, 4):
        write(weir, line("m,s=1", step, NOW + step))
        weir.wait_delivered(10 + step, sink=SINK)
    assert [one.version for one in receiver.writes] == [2, 1, 1, 1, 1]
    first, second = receiver.writes[:2]
    assert first.times() == second.times()
    assert first.headers["content-type"] != second.headers["content-type"] == "application/x-protobuf"
    assert second.headers["x-prometheus-remote-write-version"] == "0.1.0"
    assert discarded(weir) == {}
    assert "does not know version 2" in weir.log()


def test_no_fallback_on_2xx(receive, start_sender):
    """TestNoFallbackOn2xx, TestContentTypeNegotiation."""
    receiver = receive()
    weir = start_sender(receiver, 2)
    for step in range(5):
        write(weir, line("m", step, NOW + step))
        weir.wait_delivered(1 + step, sink=SINK)
    assert [one.version for one in receiver.writes] == [2] * 5


@pytest.mark.parametrize("status", [500, 503, 429])
def test_no_fallback_on_5xx(receive, start_sender, status):
    """Nor where it is not said whether it knows version 2."""
    receiver = receive(first_answers(Answer(status, b"not now")))
    weir = start_sender(receiver, 2)
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    assert [one.version for one in receiver.writes] == [2, 2]


# ---- responses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 204])
def test_ignore_response_body_on_success(receive, start_sender, version, status):
    """handle_204_no_content, handle_200_ok, handle_empty_response: any 2xx, whatever stands in it."""
    receiver = receive(lambda _, one: Answer(status, b"out of order sample", written(one)))
    weir = start_sender(receiver, version)
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    assert len(receiver.writes) == 1 and discarded(weir) == {}


def test_log_error_messages_verbatim(receive, start_sender, version):
    words = "Error: Invalid label name '__invalid__' <&> 温度"
    receiver = receive(lambda _, one: Answer(400, words.encode() + b"\n", written(one, 0)))
    weir = start_sender(receiver, version)
    write(weir, line("m"))
    dealt_with(weir, 1)
    assert words in weir.log()
    assert words in refused_text(weir, SINK)


def test_handle_large_error_body(receive, start_sender, version):
    """handle_large_error_response: a megabyte of it is neither written down nor kept, and costs one sample."""
    none_written = {"X-Prometheus-Remote-Write-Samples-Written": "0"}
    receiver = receive(first_answers(Answer(400, b"x" * 1_000_000, none_written)))
    weir = start_sender(receiver, version)
    write(weir, line("m"))
    dealt_with(weir, 1)
    write(weir, line("m", 2, NOW + 1))
    weir.wait_delivered(1, sink=SINK)
    assert discarded(weir) == {"refused": 1}
    assert len(weir.log()) < 20_000


def test_process_written_count_headers_handle_partial_write_response(receive, start_sender):
    """What the answer names is given up, the rest is stored and not sent again."""
    bad = lambda one: one.of["s"] == "1"
    said = b'out of order sample for series {__name__="m", s="1"}\n'
    partial = lambda one: Answer(400, said, written(one, sum(not bad(each) for each in one.series)))
    receiver = receive(lambda number, one: partial(one) if any(map(bad, one.series)) else None)
    weir = start_sender(receiver, 2)
    write(weir, *[line(f"m,s={s}") for s in range(3)])
    dealt_with(weir, 3)
    assert len(receiver.writes) == 1
    assert discarded(weir) == {"out_of_order": 1}
    assert refused_lines(weir, SINK) == [line("m,s=1")]
    assert weir.metrics().sum("weir_sink_delivered_points_total", sink=SINK) == 2


def test_handle_partial_write_response_that_names_nothing(receive, start_sender):
    """Fewer are written than were sent, and the words do not say which: it is found, and no good one is lost."""
    stored = {}

    def answer(_, one):
        good = [each for each in one.series if each.of["s"] != "1"]
        for each in good:
            stored.setdefault(each.of["s"], set()).update(at for _, at in each.samples)
        if len(good) == len(one.series):
            return taken(one)
        return Answer(400, b"Rejected 1 sample", written(one, len(good)))

    receiver = receive(answer)
    weir = start_sender(receiver, 2)
    write(weir, *[line(f"m,s={s}") for s in range(6)])
    dealt_with(weir, 6)
    assert stored == {s: {NOW} for s in "02345"}
    assert discarded(weir) == {"refused": 1}
    assert refused_lines(weir, SINK) == [line("m,s=1")]


# ---- what goes wrong on the way ------------------------------------------------------------------


def test_handle_connection_refused(receive, start_sender, version):
    """network_error_handling: nothing is lost by a receiver that is not there."""
    receiver = receive()
    receiver.stop()
    weir = start_sender(receiver, version)
    write(weir, line("m"))
    fails = lambda: weir.metrics().one("weir_sink_retries_total", sink=SINK) >= 2
    wait_until(fails, 20, "two attempts that failed", weir.must_be_alive)
    assert discarded(weir) == {}
    assert weir.metrics().sum("weir_sink_pending_points", sink=SINK) == 1


def test_handle_timeout(receive, start_sender, version):
    """A receiver that hangs: the request is given up after `timeout`, and comes again."""
    hangs = []

    def answer(number, one):
        if number == 0:
            hangs.append(number)
            time.sleep(1.5)  # longer than the timeout
        return taken(one)

    receiver = receive(answer)
    weir = start_sender(receiver, version, timeout="500ms")
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    assert hangs and len(receiver.writes) == 2
    assert receiver.writes[0].times() == receiver.writes[1].times()


@pytest.mark.parametrize("status", [999, 600, 302])
def test_handle_invalid_status_code(receive, start_sender, version, status):
    """Neither taken for success nor a reason to drop anything."""
    receiver = receive(first_answers(Answer(status, b"?")))
    weir = start_sender(receiver, version, retry_most="50ms")
    write(weir, line("m"))
    weir.wait_delivered(1, sink=SINK)
    assert len(receiver.writes) == 2 and discarded(weir) == {}

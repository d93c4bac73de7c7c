// SPDX-License-Identifier: Apache-2.0
//
// What `weir letters` decides without files and sockets: which lines may be sent again and in which
// company, what an answer says, what a sink's refused file holds, and what a person is shown.
#include <gtest/gtest.h>

#include <algorithm>

#include "tools/letters/letters_print.hpp"
#include "tools/letters/letters_replay.hpp"
#include "tools/letters/refused_batches.hpp"
#include "unit/net/replies.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'767'323'045'678'901'234;

letter letter_of(std::uint64_t id, std::string text, std::string database = "db",
                 std::int64_t unit_ns = 1) {
  letter made;
  made.id = id;
  made.header = {.received_ns = now,
                 .listener = "http",
                 .dialect = "v1",
                 .address = "192.0.2.1:4711",
                 .database = std::move(database),
                 .unit_ns = unit_ns};
  made.what = {
      .code = "missing_fields", .line = 3, .message = "missing fields", .text = std::move(text)};
  return made;
}

TEST(replay_planner, a_line_without_a_time_gets_that_of_receipt) {
  replay_planner planner;
  EXPECT_EQ(planner.add(letter_of(1, "m f=1", "a b", 1'000'000'000)), replayable::yes);
  EXPECT_EQ(planner.add(letter_of(2, "m f=1 7", "a b", 1'000'000'000)), replayable::yes);
  EXPECT_FALSE(planner.take(false).has_value());
  const auto batch = planner.take(true);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->body, "m f=1 1767323045\nm f=1 7\n");
  EXPECT_EQ(batch->query(), "db=a%20b&rp=&precision=s&verbose=true");
  EXPECT_FALSE(planner.take(true).has_value());
  EXPECT_EQ(planner.add(letter_of(3, "m f=1", "db", 0)), replayable::yes);
  EXPECT_EQ(planner.take(true)->body, "m f=1 1767323045678901234\n");
}

TEST(replay_planner, what_is_no_point_by_itself_is_not_sent) {
  replay_planner planner;
  for (const char* text : {"bad", "m f=\"open", "m f=1 1\nm f=2 2", "m f=1 1 2", "", "# c",
                           "m f=1 99999999999999999999"}) {
    EXPECT_EQ(planner.add(letter_of(1, text)), replayable::unparsable) << text;
  }
  letter cut = letter_of(2, "m f=1 1");
  cut.what.cut = true;
  EXPECT_EQ(planner.add(cut), replayable::cut);
  // Only the server knows whether it takes these.
  EXPECT_EQ(planner.add(letter_of(3, "caf\xff f=1 1")), replayable::yes);
  EXPECT_EQ(planner.add(letter_of(4, "m f=\"" + std::string(2'000'000, 'x') + "\" 1")),
            replayable::yes);
  // A time that no precision but nanoseconds can hold is the server's to judge, too.
  EXPECT_EQ(planner.add(letter_of(5, "m f=1 9000000000000000000", "db", 3'600'000'000'000)),
            replayable::yes);
}

TEST(replay_planner, batches_are_of_one_target_and_bounded) {
  replay_planner planner;
  for (std::uint64_t id = 1; id <= 1'100; ++id) {
    EXPECT_EQ(planner.add(letter_of(id, "m f=1 1", id % 2 == 0 ? "even" : "odd")), replayable::yes);
  }
  std::uint64_t lines = 0;
  while (const auto batch = planner.take(false)) {
    EXPECT_EQ(batch->ids_by_line.size(), replay_batch::lines_max);
    lines += batch->ids_by_line.size();
  }
  EXPECT_EQ(lines, 1'000U);
  while (const auto batch = planner.take(true)) {
    EXPECT_EQ(batch->ids_by_line.size(), 50U);
    for (const auto& [line, id] : batch->ids_by_line) {
      EXPECT_EQ(id % 2 == 0, batch->database == "even");
    }
  }
}

TEST(replay_planner, open_batches_are_bounded) {
  replay_planner planner;
  std::size_t taken = 0;
  for (std::uint64_t id = 1; id <= 1'000; ++id) {
    EXPECT_EQ(planner.add(letter_of(id, "m f=1 1", "db" + std::to_string(id))), replayable::yes);
    taken += planner.take(false).has_value() ? 1U : 0U;
  }
  EXPECT_EQ(taken, 936U);
}

TEST(read_replay_answer, finds_the_letters_behind_line_numbers) {
  replay_planner planner;
  EXPECT_EQ(planner.add(letter_of(10, "m f=\"two\nlines\" 1")), replayable::yes);
  EXPECT_EQ(planner.add(letter_of(11, "m f=2 2")), replayable::yes);
  const auto batch = planner.take(true);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(read_replay_answer(*batch, 204, "").refused.size(), 0U);
  const replay_outcome answered = read_replay_answer(
      *batch, 400,
      R"({"error":"x","data":[{"error_message":"old","line_number":3,"original_line":"m",)"
      R"("code":"beyond_retention"}]})");
  EXPECT_EQ(answered.failed, "");
  ASSERT_EQ(answered.refused.size(), 1U);
  EXPECT_EQ(answered.refused[0].id, 11U);
  EXPECT_EQ(answered.refused[0].code, "beyond_retention");
  EXPECT_EQ(answered.refused[0].message, "old");
}

TEST(read_replay_answer, what_it_cannot_be_sure_of_is_a_failure) {
  replay_planner planner;
  EXPECT_EQ(planner.add(letter_of(10, "m f=1 1")), replayable::yes);
  const auto batch = planner.take(true);
  ASSERT_TRUE(batch.has_value());
  EXPECT_NE(read_replay_answer(*batch, 503, "{\"error\":\"timeout\"}").failed, "");
  for (const int status : {200, 201, 202, 301, 307}) {
    EXPECT_EQ(read_replay_answer(*batch, status, "<html></html>").failed,
              "answered " + std::to_string(status) + ", not 204: is the url right?");
  }
  EXPECT_NE(read_replay_answer(*batch, 400, "{\"error\":\"database is required\"}").failed, "");
  EXPECT_NE(read_replay_answer(*batch, 400, "no json").failed, "");
  EXPECT_NE(read_replay_answer(*batch, 400, R"({"data":[],"left_out":1})").failed, "");
  EXPECT_NE(read_replay_answer(*batch, 400, R"({"data":[{"line_number":1}]})").failed, "");
  EXPECT_NE(
      read_replay_answer(*batch, 400, R"({"data":[{"error_message":"x","line_number":2}]})").failed,
      "");
}

TEST(server_of, listen_addresses) {
  EXPECT_EQ(server_of("127.0.0.1:8086")->url, "http://127.0.0.1:8086");
  EXPECT_EQ(server_of("0.0.0.0:1")->url, "http://127.0.0.1:1");
  EXPECT_EQ(server_of(":1")->url, "http://127.0.0.1:1");
  EXPECT_EQ(server_of("[::]:1")->url, "http://[::1]:1");
  EXPECT_EQ(server_of("unix:/run/weir.sock")->unix_path, "/run/weir.sock");
  EXPECT_FALSE(server_of("127.0.0.1:0").has_value());
  const std::vector<std::string> several{"127.0.0.1:0", "127.0.0.1:1", "unix:/run/weir.sock"};
  EXPECT_EQ(server_of(several, false)->url, "http://127.0.0.1:1");
  EXPECT_EQ(server_of(several, true)->unix_path, "/run/weir.sock");
  EXPECT_EQ(server_of("127.0.0.1:1", true)->url, "https://127.0.0.1:1");
}

TEST(replay_server, is_shown_an_administrators_credentials) {
  settings configured;
  EXPECT_EQ(signed_as_administrator({}, configured).authorization, "");
  configured.users = {{.name = "ann", .token = "ann's"}, {.name = "hashed", .admin = true}};
  EXPECT_EQ(signed_as_administrator({}, configured).authorization, "") << "none can be shown";
  configured.users.push_back({.name = "bob", .password = "secret", .admin = true});
  EXPECT_EQ(signed_as_administrator({}, configured).authorization,
            "Authorization: Basic Ym9iOnNlY3JldA==");
  configured.users[1].token = "token";
  EXPECT_EQ(signed_as_administrator({.url = "http://a"}, configured).authorization,
            "Authorization: Token token");
}

constexpr std::string_view refused_text =
    "left over from before\n"
    "# 2026-01-02T03:04:05.678Z database=my db rp= status=400 partial write: x = 1\n"
    "m f=1i 1\nm f=2i 2\n"
    "# 2026-01-02T03:04:06.000Z database=b rp=week status=422 y\n"
    "# its 9 bytes of lines are not kept: refused_keep is too small\n"
    "# 2026-01-02T03:04:07.000Z database=c rp= status=400 z\n"
    "n f=1 1\nhalf a li";

TEST(parse_refused, batches) {
  const auto batches = parse_refused(refused_text);
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].time, "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(batches[0].database, "my db");
  EXPECT_EQ(batches[0].retention_policy, "");
  EXPECT_EQ(batches[0].status, "400");
  EXPECT_EQ(batches[0].words, "partial write: x = 1");
  EXPECT_EQ(batches[0].lines, "m f=1i 1\nm f=2i 2\n");
  EXPECT_EQ(batches[0].line_count(), 2U);
  EXPECT_EQ(batches[1].retention_policy, "week");
  EXPECT_EQ(batches[1].lines, "");
  EXPECT_EQ(batches[2].lines, "n f=1 1\n");
  EXPECT_NE(batches[0].mark, batches[2].mark);
  EXPECT_EQ(batches[0].mark.size(), 16U);
  EXPECT_TRUE(parse_refused("").empty());
}

TEST(replay_request, the_sinks_own_server) {
  const auto batches = parse_refused(refused_text);
  sink_settings sink;
  auto& server = sink.kind.emplace<influxdb_settings>();
  server.version = 1;
  server.url = "http://h:1/";
  server.username = "u";
  server.password = "p";
  EXPECT_EQ(replay_request(sink, batches[0], {batches[0].lines}).url,
            "http://h:1/write?db=my%20db&precision=ns");
  EXPECT_EQ(replay_request(sink, batches[1], {batches[1].lines}).url,
            "http://h:1/write?db=b&rp=week&precision=ns");
  EXPECT_EQ(replay_request(sink, batches[1], {batches[1].lines}).username, "u");
  EXPECT_EQ(replay_request(sink, batches[1], {batches[1].lines}).password, "p");
  server.version = 2;
  server.organization = "o";
  server.token = "t";
  const transfer_request second = replay_request(sink, batches[1], {batches[1].lines});
  EXPECT_EQ(second.url, "http://h:1/api/v2/write?org=o&bucket=b%2Fweek&precision=ns");
  EXPECT_EQ(second.headers.at(0), "Authorization: Token t");
  EXPECT_EQ(second.username, "");
}

class sending_again : public ::testing::Test {
 protected:
  sending_again() {
    sink_.kind.emplace<influxdb_settings>().url = "http://h:1";
    batch_.database = "d";
    batch_.lines = "m v=1 1\nbad v=2 2\nm v=3 3\n";
  }
  replayed_batch send(const std::vector<http_reply>& replies) {
    bodies_.clear();
    return send_again(sink_, batch_, [&](const transfer_request& request) {
      std::string body;
      for (const std::string_view piece : request.body) {
        body += piece;
      }
      bodies_.push_back(body);
      return replies.at(std::min(bodies_.size(), replies.size()) - 1);
    });
  }
  sink_settings sink_;
  refused_batch batch_;
  std::vector<std::string> bodies_;
};

TEST_F(sending_again, takes_out_what_the_server_names_and_sends_the_rest_at_once) {
  const replayed_batch made =
      send({reply_of(400, R"({"code":"invalid","message":"unable to parse 'bad v=2 2': no"})"),
            reply_of(204)});
  EXPECT_EQ(made.passed, 2U);
  EXPECT_EQ(made.refused, 1U);
  EXPECT_EQ(made.failed, "");
  ASSERT_EQ(bodies_.size(), 2U);
  EXPECT_EQ(bodies_[1], "m v=1 1\nm v=3 3\n");
}

TEST_F(sending_again, says_what_did_not_come_of_it) {
  EXPECT_EQ(send({reply_of(204)}).passed, 3U);
  EXPECT_EQ(send({reply_of(404, R"({"error":"database not found: \"d\""})")}).refused, 3U);
  EXPECT_EQ(bodies_.size(), 1U);
  EXPECT_EQ(send({http_reply::failed("refused")}).failed, "refused");
  EXPECT_EQ(send({reply_of(400, "no"), http_reply::failed("cut")}).failed, "cut");
  EXPECT_EQ(send({reply_of(200)}).failed, "answered 200, not 204: is the url right?");
}

TEST(visible, control_bytes_and_cuts) {
  EXPECT_EQ(visible("a\n", 10), "a\u240a");
  EXPECT_EQ(visible("caf\xc3\xa9", 10), "caf\xc3\xa9");
  EXPECT_EQ(visible("caf\xc3\xa9", 4), "caf\xc3\xa9");
  EXPECT_EQ(visible("caf\xc3\xa9", 3), "caf...");
  EXPECT_EQ(visible("caf\xff", 10), "caf\\xFF");
  EXPECT_EQ(visible("abcdef", 3), "abc...");
}

TEST(describe_letter, points_at_the_mistake) {
  letter each = letter_of(17, "cpu, usage=1");
  each.what.code = "missing_tag_key";
  each.what.message = "missing tag key";
  const std::string text = describe_letter(each, true);
  EXPECT_NE(text.find("\n    cpu, usage=1\n        ^\n"), std::string::npos) << text;
  EXPECT_NE(text.find("No space may follow a comma"), std::string::npos) << text;
  EXPECT_NE(text.find("replayed with success"), std::string::npos) << text;
  EXPECT_NE(text.find("retention policy (default)"), std::string::npos) << text;
  // Far into a long line.
  each.what.text = "m,t=" + std::string(500, 'x') + "\xc3\xa9,u= f=1";
  each.what.code = "missing_tag_value";
  const std::string far = describe_letter(each, false);
  const std::size_t caret = far.find("^\n");
  ASSERT_NE(caret, std::string::npos) << far;
  EXPECT_NE(far.find("\n    ...xxx"), std::string::npos) << far;
  EXPECT_LT(far.size(), 800U + each.what.text.size());  // only the repaired line stands whole
}

TEST(describe_letter, explains_what_is_no_mistake_of_its_line) {
  letter each = letter_of(17, "m f=1 1");
  each.what.code = "beyond_retention";
  const std::string text = describe_letter(each, false);
  EXPECT_NE(text.find("older than its database keeps points"), std::string::npos) << text;
  EXPECT_EQ(text.find('^'), std::string::npos);
  // Codes of another version of weir have no words here.
  each.what.code = "of_the_future";
  EXPECT_NE(describe_letter(each, false).find("(of_the_future)"), std::string::npos);
}

TEST(letter_statistics, counts) {
  letter_statistics counted;
  counted.add(letter_of(1, "a"), false);
  counted.add(letter_of(2, "b"), true);
  letter other = letter_of(3, "c", "other");
  other.what.dropped = true;
  other.header.address = "192.0.2.1:9";  // the same host
  counted.add(other, false);
  EXPECT_EQ(counted.json(4),
            R"({"letters":3,"replayed":1,"damaged":4,"codes":[)"
            R"({"database":"db","code":"missing_fields","action":"rejected","letters":2},)"
            R"({"database":"other","code":"missing_fields","action":"dropped","letters":1}],)"
            R"("sources":[{"source":"http 192.0.2.1","letters":3}]})"
            "\n");
  const std::string text = counted.text(4);
  EXPECT_NE(text.find("3 letters, 2026-01-02T03:04:05"), std::string::npos) << text;
  EXPECT_NE(text.find("1 of them replayed; 4 damaged"), std::string::npos) << text;
  EXPECT_EQ(letter_statistics().text(0), "0 letters\n");
}

}  // namespace
}  // namespace weir

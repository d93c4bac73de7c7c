// SPDX-License-Identifier: Apache-2.0
//
// Events and lines of a stream, what `weir tap` writes, and which weir is asked.
#include <gtest/gtest.h>

#include "config/settings.hpp"
#include "tools/watch/event_reader.hpp"
#include "tools/watch/tap_text.hpp"
#include "tools/watch/watched_server.hpp"

namespace weir::test {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(EventReader, ReadsEventsInPiecesOfAnySize) {
  const std::string bytes =
      ": a comment\n\nevent: status\ndata: {\"a\":1}\n\ndata:one\r\ndata: two\n\nevent: end\n\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    event_reader reader;
    std::vector<server_event> events;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      reader.feed(std::string_view(bytes).substr(at, size));
      while (auto event = reader.next()) {
        events.push_back(*event);
      }
    }
    ASSERT_EQ(events.size(), 2U) << size;
    EXPECT_EQ(events[0].name, "status");
    EXPECT_EQ(events[0].data, "{\"a\":1}");
    EXPECT_EQ(events[1].name, "");
    EXPECT_EQ(events[1].data, "one\ntwo");
  }
}

TEST(EventReader, ForgetsHalfAnEventWhenTheConnectionIsNew) {
  event_reader reader;
  reader.feed("data: half\ndat");
  EXPECT_FALSE(reader.next());
  reader.clear();
  reader.feed("data: whole\n\n");
  EXPECT_EQ(reader.next()->data, "whole");
}

TEST(PieceLines, BoundWhatTheyHold) {
  piece_lines lines;
  const std::string piece(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 20; ++i) {
    lines.feed(piece);
    EXPECT_FALSE(lines.next());
  }
  lines.feed("end\nnext\n");
  EXPECT_EQ(lines.next(), "next");
}

TEST(Tap, ShowsALineThatPasses) {
  const auto record = read_tap(
      R"({"at":1790000000.1239,"verdict":"accepted","database":"my\ndb","retention_policy":"week","line":"my\\ cpu,host=a usage=1.5 \u001b[31m","cut":true})");
  ASSERT_TRUE(record && record.value().line);
  EXPECT_EQ(tap_text(*record.value().line, false),
            "14:13:20.123 my\xE2\x90\x8A"
            "db/week my\\ cpu,host=a usage=1.5 \xE2\x90\x9B[31m...\n");
  EXPECT_EQ(tap_text(*record.value().line, true),
            "\x1b[2m14:13:20.123 my\xE2\x90\x8A"
            "db/week\x1b[0m \x1b[1mmy\\ cpu\x1b[0m,host=a usage=1.5 "
            "\xE2\x90\x9B[31m...\n");
}

TEST(Tap, ShowsWhereAndWhyALineWasRejected) {
  const auto record = read_tap(
      R"({"at":1790000000.5,"verdict":"rejected","database":"mydb","line":"cpu,host= value=1","code":"missing_tag_value","message":"missing tag value","column":10,"address":"10.0.0.1","user":"u","agent":"Tele\tgraf"})");
  ASSERT_TRUE(record && record.value().line);
  EXPECT_EQ(tap_text(*record.value().line, false),
            "14:13:20.500 mydb rejected missing_tag_value from 10.0.0.1 u Tele\xE2\x90\x89graf\n"
            "    cpu,host= value=1\n"
            "             ^ missing tag value\n");
}

TEST(Tap, WithoutAPlaceThereIsNoMark) {
  EXPECT_EQ(tap_text({.at = 0,
                      .verdict = "dropped",
                      .database = "d",
                      .line = "m f=1",
                      .code = "dropped_by_rule",
                      .message = "a rule"},
                     false),
            "00:00:00.000 d dropped dropped_by_rule\n    m f=1\n    a rule\n");
  // A place behind what was sent of a long line is none.
  EXPECT_FALSE(has(
      tap_text({.verdict = "rejected", .line = "m", .message = "x", .column = 900}, false), "^"));
  EXPECT_TRUE(
      tap_text({.at = 1e300, .verdict = "accepted", .line = "m f=1"}, false).starts_with("- "));
}

TEST(Tap, WhatIsNoRecordIsSaid) {
  EXPECT_FALSE(read_tap("{}"));
  EXPECT_FALSE(read_tap("nothing"));
  EXPECT_EQ(read_tap(R"({"at":1,"seen":7,"shown":3})").value().second->seen, 7U);
}

TEST(Tap, SaysNowAndThenThatLinesAreLeftOut) {
  tap_account account;
  EXPECT_EQ(account.take(tapped_second{20, 20}), "");
  EXPECT_EQ(account.take(tapped_second{48'000, 20}),
            "showing 20 of 48,000 lines a second (--per-second N shows more)");
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(account.take(tapped_second{48'000, 20}), "");
  }
  EXPECT_NE(account.take(tapped_second{100, 20}), "");
  account.take(tapped_line{.verdict = "accepted"});
  account.take(tapped_line{.verdict = "rejected"});
  account.take(tapped_line{.verdict = "dropped"});
  EXPECT_EQ(account.summary(61),
            "3 lines shown of 480,120 in 1 min 1 s, 1 of them rejected, 1 dropped");
  EXPECT_EQ(tap_account().summary(2), "0 lines shown in 2.0 s");
}

TEST(WatchedServer, IsAnAddress) {
  EXPECT_EQ(server_at("http://10.0.0.1:8086/").value().url, "http://10.0.0.1:8086");
  EXPECT_EQ(server_at("weir:8086").value().url, "http://weir:8086");
  EXPECT_EQ(server_at("https://[::1]:8086").value().url, "https://[::1]:8086");
  EXPECT_EQ(server_at("unix:/run/weir.sock").value().unix_path, "/run/weir.sock");
  EXPECT_EQ(server_at("unix:/run/weir.sock").value().shown(), "unix:/run/weir.sock");
  for (const char* wrong :
       {"ftp://a", "http://", "http://a/b", "http://a?b", "unix:", "http://a b", "http://a\x1b"}) {
    EXPECT_FALSE(server_at(wrong)) << wrong;
  }
  EXPECT_TRUE(has(server_at("http://me:secret@weir:8086").error().message, "WEIR_USER"));
  EXPECT_FALSE(has(server_at("http://me:secret@weir:8086").error().message, "secret"));
}

TEST(WatchedServer, IsTheListenerOfAConfiguration) {
  settings configured;
  configured.http.listen = {"0.0.0.0:9086"};
  EXPECT_EQ(server_of_configuration(configured).value().url, "http://127.0.0.1:9086");
  configured.http.admin_listen = {"unix:/run/weir-admin.sock"};
  EXPECT_EQ(server_of_configuration(configured).value().unix_path, "/run/weir-admin.sock");
  configured.http.admin_listen = {"127.0.0.1:0"};
  EXPECT_FALSE(server_of_configuration(configured));
}

TEST(WatchedServer, CredentialsCountInTheirOrder) {
  EXPECT_EQ(authorization_of({}).value(), "");
  EXPECT_EQ(authorization_of({.token = "t", .user = "a:b"}).value(), "Authorization: Token t");
  EXPECT_EQ(authorization_of({.user = "a:b"}).value(), "Authorization: Basic YTpi");
  EXPECT_EQ(authorization_of({.user_file = " a:b\r\nmore\n", .token = "t"}).value(),
            "Authorization: Basic YTpi");
  EXPECT_EQ(authorization_of({.token_file = "f\n", .user_file = "a:b"}).value(),
            "Authorization: Token f");
  EXPECT_FALSE(authorization_of({.user = "no_colon"}));
  EXPECT_FALSE(authorization_of({.token = "a\x01"}));
}

TEST(WatchedServer, SaysWhyWeirIsNotSeenAndWhatToDo) {
  const watched_server at{.url = "http://h:1"};
  EXPECT_TRUE(
      has(why_not_seen(at, 0, "Connection refused", ""), "Connection refused. Is it running"));
  EXPECT_TRUE(
      has(why_not_seen(at, 401, "", R"({"error":"unable to parse authentication credentials"})"),
          "401 (unable to parse authentication credentials)"));
  EXPECT_TRUE(has(why_not_seen(at, 401, "", ""), "WEIR_TOKEN"));
  EXPECT_TRUE(has(why_not_seen(at, 404, "", "404 page not found"), "it is no weir"));
  EXPECT_TRUE(has(why_not_seen(at, 200, "the answer is no JSON", ""),
                  "it is no weir: the answer is no JSON"));
  EXPECT_FALSE(has(why_not_seen(at, 500, "", "\x1b[31m"), "\x1b"));
}

TEST(WatchedServer, IsAskedBelowItsApi) {
  const transfer_request request = watch_request(
      {.url = "http://h:1", .unix_path = "/s", .authorization = "Authorization: Token t"},
      "tap?db=a");
  EXPECT_EQ(request.url, "http://h:1/api/weir/v1/tap?db=a");
  EXPECT_EQ(request.unix_socket, "/s");
  EXPECT_EQ(request.headers.back(), "Authorization: Token t");
}

}  // namespace
}  // namespace weir::test

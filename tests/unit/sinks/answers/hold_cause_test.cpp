// SPDX-License-Identifier: Apache-2.0
//
// Each cause for which lanes are held has a remedy, whose command is safe to paste, and answers of
// servers lead to the right one.
#include "sinks/answers/hold_cause.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sinks/influxdb/answers.hpp"
#include "sinks/remote_write/sending/answers.hpp"

namespace weir {
namespace {

http_reply reply(int status, std::string body) {
  http_reply made;
  made.answered = true;
  made.status = status;
  made.body = std::move(body);
  made.content_type = "application/json";
  return made;
}

TEST(hold_cause, each_has_a_row) {
  for (std::size_t i = 0; i < hold_cause_count; ++i) {
    const hold_remedy found = remedy_of(static_cast<hold_cause>(i), "influx", {"db", "rp"});
    EXPECT_FALSE(found.text.empty()) << i;
    EXPECT_TRUE(found.text.ends_with('.')) << found.text;
    EXPECT_FALSE(found.command.empty()) << i;
    for (const std::string& text : {found.text, found.command}) {
      EXPECT_EQ(text.find('{'), std::string::npos) << text;
    }
  }
}

TEST(hold_cause, names_are_quoted_for_a_shell) {
  const auto create = [](std::string name) {
    return remedy_of(hold_cause::missing_database, "s", {std::move(name), ""}).command;
  };
  EXPECT_EQ(create("metrics"), R"(influx -execute 'CREATE DATABASE "metrics"')");
  EXPECT_EQ(create("it's"), R"(influx -execute 'CREATE DATABASE "it'\''s"')");
  EXPECT_EQ(create("''"), R"(influx -execute 'CREATE DATABASE "'\'''\''"')");
  EXPECT_EQ(create("$(reboot)\"`x`"), R"(influx -execute 'CREATE DATABASE "$(reboot)\"`x`"')");
  const auto retry = [](std::string_view sink) {
    return remedy_of(hold_cause::other, sink, {}).command;
  };
  EXPECT_EQ(retry("influx-1"), "weir park retry --sink influx-1");
  EXPECT_EQ(retry("-rf"), "weir park retry --sink '-rf'");
  EXPECT_EQ(retry("a b; c"), "weir park retry --sink 'a b; c'");
}

TEST(hold_cause, of_what_an_influxdb_answers) {
  const lane_key lane{"db", "rp"};
  const auto cause = [&lane](int status, std::string body) {
    return read_write_answer(reply(status, std::move(body)), lane).result;
  };
  const attempt_result missing = cause(404, R"({"error":"database not found: \"db\""})");
  EXPECT_EQ(missing.cause, hold_cause::missing_database);
  EXPECT_EQ(missing.said, "database not found: \"db\"") << "the server's words alone";
  EXPECT_EQ(cause(404, R"({"error":"retention policy not found: rp"})").cause,
            hold_cause::missing_policy);
  EXPECT_EQ(cause(401, R"({"error":"authorization failed"})").cause, hold_cause::not_allowed);
  EXPECT_EQ(cause(404, R"({"message":"bucket \"db\" not found"})").cause,
            hold_cause::missing_bucket);
  EXPECT_EQ(cause(404, R"({"message":"organization name \"x\" not found"})").cause,
            hold_cause::wrong_organization);
  EXPECT_EQ(cause(400, "Client sent an HTTP request to an HTTPS server.").cause,
            hold_cause::wants_tls);
  EXPECT_EQ(cause(302, "").cause, hold_cause::not_a_database);
  EXPECT_EQ(cause(404, "no such thing").cause, hold_cause::wrong_place);
  EXPECT_EQ(read_write_answer(reply(500, R"({"error":"retention policy not found: "})"), {"db", ""})
                .result.cause,
            hold_cause::missing_default_policy);
  EXPECT_EQ(read_creation_answer(reply(200, R"({"results":[{"error":"disk quota"}]})")).cause,
            hold_cause::creation_refused);
  EXPECT_EQ(read_creation_answer(reply(403, R"({"error":"no right"})")).cause,
            hold_cause::not_allowed);
}

TEST(hold_cause, of_what_a_receiver_of_remote_write_answers) {
  const auto cause = [](int status, std::string body) {
    return read_remote_write_answer(reply(status, std::move(body))).result.cause;
  };
  EXPECT_EQ(cause(401, "who are you"), hold_cause::not_allowed);
  EXPECT_EQ(cause(404, "404 page not found"), hold_cause::wrong_place);
  EXPECT_EQ(cause(404, R"({"error":"database not found: x"})"), hold_cause::missing_database);
  EXPECT_EQ(cause(301, ""), hold_cause::not_a_database);
}

TEST(hold_cause, of_no_answer) {
  EXPECT_NE(remedy_of_no_answer("Could not resolve host: x").find("host"), std::string_view::npos);
  EXPECT_NE(
      remedy_of_no_answer("SSL certificate problem: self-signed certificate").find("authority"),
      std::string_view::npos);
  EXPECT_NE(remedy_of_no_answer("Failed to connect to 127.0.0.1 port 1 after 0 ms").find("start"),
            std::string_view::npos);
  EXPECT_TRUE(remedy_of_no_answer("database not found").empty());
}

}  // namespace
}  // namespace weir

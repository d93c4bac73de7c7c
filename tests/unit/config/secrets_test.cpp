// SPDX-License-Identifier: Apache-2.0
//
// No secret of a configuration is repeated: not by show_settings, not in what is said about
// mistakes, not in the journal.
#include "config/secrets.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/settings_reader.hpp"

namespace weir {
namespace {

constexpr std::string_view secret = "hunter2-secret";

std::string error_of(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto read = read_settings(text, "weir.toml", sets, {});
  return read.ok() ? "no error" : read.error().message;
}

TEST(secrets, are_not_shown) {
  const auto read = read_settings(R"(
    [[sink]]
    name = "a"
    type = "remote_write"
    url = "http://mimir:9009/api/v1/push"
    token = "hunter2-secret"
    headers = ["X-Scope-OrgID: team", "X-Api-Key: hunter2-secret", "Cookie: s=hunter2-secret",
               "X-Made-Up: hunter2-secret", "Proxy-Authorization: Basic hunter2-secret"]
    [[sink]]
    name = "b"
    type = "influxdb"
    url = "http://influx:8086"
    username = "u"
    password = "hunter2-secret"
  )",
                                  "weir.toml", {}, {});
  ASSERT_TRUE(read.ok()) << read.error().message;
  const std::string shown = show_settings(read.value());
  EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
  EXPECT_NE(shown.find("\"X-Scope-OrgID: team\", \"X-Api-Key: ***\", \"Cookie: ***\""),
            std::string::npos)
      << shown;
  EXPECT_TRUE(read_settings(shown, "shown", {}, {}).ok()) << "it can be read again";
}

TEST(secrets, are_not_repeated_in_what_is_wrong) {
  const std::string sink = "[[sink]]\nname = \"a\"\ntype = \"remote_write\"\nurl = \"http://x\"\n";
  const std::string influx = "[[sink]]\nname = \"a\"\ntype = \"influxdb\"\n";
  for (const std::string& text : {
           sink + "headers = [\"Authorization Bearer hunter2-secret\"]\n",
           sink + "headers = [\"Authorization: Bearer hunter2-secret\"]\n",
           sink + "headers = [\"X-Api-Key: hunter2-secret\", \"X-Api-Key: hunter2-secret\"]\n",
           sink + "headers = [\"Bad Name: hunter2-secret\"]\n",
           sink + "headers = [\"X-Api-Key: hunter2-secret\\n\"]\n",
           sink + "headers = \"X-Api-Key: hunter2-secret\"\n",
           sink + "token = \"${hunter2-secret with blanks}\"\n",
           sink + "token = hunter2-secret\n",
           sink + "tokn = \"hunter2-secret\"\n",
           sink + "tokens = [\"hunter2-secret\"]\n",
           sink + "username = \"u\"\ntoken = \"hunter2-secret\"\n",
           influx + "url = \"http://me:hunter2-secret@host:8087\"\n",
           influx + "url = \"http://me:hunter2-secret@host:no-port\"\n",
           influx + "url = \"http://me:hunter2-secret/@host\"\n",
           influx + "url = \"ftp://me:hunter2-secret@host\"\n",
           influx + "url = \"http://host/?token=hunter2-secret\"\n",
           influx + "url = \"http://a b/?p=hunter2-secret\"\n",
           influx + "url = \"http://x\"\npassword = \"hunter2-secret\"\n",
           influx + "url = \"http://x\"\npasword = \"hunter2-secret\"\n",
       }) {
    const std::string told = error_of(text);
    EXPECT_NE(told, "no error") << text;
    EXPECT_EQ(told.find(secret), std::string::npos) << text << told;
  }
  for (const std::string set :
       {"sink.a.password=hunter2-secret", "sink.a.tokn=hunter2-secret",
        "sink.a.token=[hunter2-secret", "sink.a.headers=hunter2-secret",
        "sink.a.pasword=hunter2-secret", "sink.a.password:hunter2-secret",
        "sink.a.password hunter2-secret", "sink.a.url=http://me:hunter2-secret@host",
        "sink.a.url=http://host/?p=hunter2-secret",
        "sink=[{name=\"a\",password=\"hunter2-secret\"}]", "sink.a.api_key=hunter2-secret"}) {
    const std::string told = error_of("", {set});
    EXPECT_NE(told, "no error") << set;
    EXPECT_EQ(told.find(secret), std::string::npos) << set << "\n" << told;
  }
}

TEST(secrets, a_number_for_a_password_is_not_repeated) {
  for (const char* number : {"123", "12345678", "1.5", "0x1234"}) {
    const std::string told =
        error_of(std::string("[[sink]]\nname = \"a\"\ntype = \"influxdb\"\nurl = \"http://x\"\n"
                             "username = \"u\"\npassword = ") +
                 number + "\n");
    EXPECT_NE(told.find("must be text in quotes"), std::string::npos) << told;
    EXPECT_EQ(told.find(number), std::string::npos) << told;
  }
}

TEST(secrets, arguments_without_secrets_are_shown) {
  EXPECT_EQ(shown_argument("log.keep=much"), "--set log.keep=much");
  EXPECT_EQ(shown_argument("sink.a.url=http://host:80/x"), "--set sink.a.url=http://host:80/x");
  EXPECT_EQ(shown_argument("database.a.time_key=x"), "--set database.a.time_key=x");
  EXPECT_EQ(shown_argument("sink.a.password=x"), "--set sink.a.password=***");
}

TEST(secrets, of_urls) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://host:8086", "http://host:8086"},
      {"http://me:pw@host:8086/x", "http://***@host:8086/x"},
      {"http://me:p/w@host", "http://***@host"},
      {"http://host/write?db=a&u=me&p=pw", "http://host/write?db=a&u=me&p=***"},
      {"http://host/x?token=a#f", "http://host/x?token=***#f"},
      {"http://host/x?api_key=a&b=c", "http://host/x?api_key=***&b=c"},
      {"http://host/x?access_token", "http://host/x?access_token"},
      {"me:pw@host", "***@host"},
      {"", ""},
      {"?", "?"},
  };
  for (const auto& [url, shown] : cases) {
    EXPECT_EQ(url_without_secret(url), shown);
  }
}

TEST(secrets, for_the_journal_in_every_form) {
  settings from;
  sink_settings& sink = from.sinks.emplace_back();
  auto& receiver = sink.kind.emplace<remote_write_settings>();
  sink.name = "influx-name";
  receiver.username = "operator";
  receiver.password = "operator";
  receiver.token = "long-token";
  receiver.headers = {"X-Scope-OrgID: team-seven", "Proxy-Authorization: Basic c2VjcmV0",
                      "X-Api-Key:abc"};
  EXPECT_EQ(secrets_of(from),
            (std::vector<std::string>{"Basic c2VjcmV0", "long-token", "c2VjcmV0"}));
  EXPECT_EQ(without_secrets("said: long-token is Basic c2VjcmV0, not c2VjcmV0", secrets_of(from)),
            "said: *** is ***, not ***");
}

}  // namespace
}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// The documents are JSON whatever names and lines they hold, and say what was put into them.
#include "page/status_text.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "page/assets.hpp"

namespace weir::page {
namespace {

std::vector<std::string> hostile_names() {
  std::vector<std::string> names{"",
                                 "a\"b",
                                 "back\\slash",
                                 std::string("nul\0nul", 7),
                                 "\x01\x1f\x7f",
                                 "</script><!--",
                                 "\xff\xfe\xc0\x80",
                                 "\xed\xa0\x80",
                                 "\u2028\u2029",
                                 "Stra\xc3\x9f",
                                 "\xf0\x9f\x98\x80",
                                 "tab\tline\nfeed\r"};
  names.emplace_back(std::size_t{64} << 10, 'n');
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
  }
  names.push_back(all);
  return names;
}

/// Every text of it is `name`.
status_facts named(const std::string& name) {
  status_facts known{.version = name, .host = name, .why = {name, name}};
  known.log = {.why = name, .kind = name, .acknowledge = name, .when_full = name};
  sink_facts sink{.name = name, .type = name, .addresses = {name, name}};
  sink.pending_points = 1;
  sink.discarded = {{"refused", 3}};
  sink.held_lanes = 1;
  sink.last_error = {1, name};
  sink.held.push_back(
      {.database = name, .retention_policy = name, .why = name, .remedy = name, .command = name});
  known.sinks.push_back(sink);
  known.databases_shown.push_back({.name = name});
  known.sources.push_back({.listener = name, .user = name, .agent = name});
  rejection_group group{.code = name, .kind = "rejected", .explanation = name, .remedy = name};
  group.example = {.database = name, .message = name, .text = name, .shown = name};
  group.senders.push_back({.listener = name, .address = name, .agent = name, .database = name});
  known.rejections.push_back(group);
  known.trouble.reload_failed = name;
  return known;
}

TEST(status_text, is_json_whatever_it_holds) {
  simdjson::dom::parser parser;
  for (const std::string& name : hostile_names()) {
    const std::string text = status_text(named(name));
    EXPECT_EQ(text.find('\n'), std::string::npos) << "an event is one line";
    simdjson::dom::element read;
    ASSERT_EQ(parser.parse(text).get(read), simdjson::SUCCESS) << text.substr(0, 300);
    std::string_view host;
    ASSERT_EQ(read["host"].get(host), simdjson::SUCCESS);
    if (name.size() == (std::size_t{64} << 10) || name == "a\"b" || name == "back\\slash") {
      EXPECT_EQ(host, name);
    }
  }
}

TEST(status_text, what_is_not_known_is_null) {
  status_facts known;
  known.log.outage_seconds_left = std::numeric_limits<double>::infinity();
  known.uptime = std::nan("");
  known.sinks.emplace_back();
  known.databases_shown.emplace_back();
  simdjson::dom::parser parser;
  const std::string text = status_text(known);
  simdjson::dom::element read;
  ASSERT_EQ(parser.parse(text).get(read), simdjson::SUCCESS);
  EXPECT_TRUE(read["uptime"].is_null());
  EXPECT_TRUE(read["rates"]["received"].is_null());
  EXPECT_TRUE(read["log"]["outage_seconds_left"].is_null());
  EXPECT_TRUE(read["sinks"].at(0)["last_error"].is_null());
  EXPECT_TRUE(read["sinks"].at(0)["delivered_per_second"].is_null());
  EXPECT_TRUE(read["databases"]["shown"].at(0)["last_received"].is_null());
}

TEST(status_text, lists_have_bounds) {
  status_facts known;
  known.databases_shown.resize(databases_shown_max + 10);
  known.sources.resize(sources_shown_max + 10);
  known.rejections.resize(groups_shown_max + 10);
  known.rejections.front().senders.resize(senders_shown_max + 10);
  simdjson::dom::parser parser;
  const std::string text = status_text(known);
  simdjson::dom::element read;
  ASSERT_EQ(parser.parse(text).get(read), simdjson::SUCCESS);
  const auto size_of = [](const auto& value) { return simdjson::dom::array(value).size(); };
  EXPECT_EQ(size_of(read["databases"]["shown"]), databases_shown_max);
  EXPECT_EQ(size_of(read["sources"]), sources_shown_max);
  EXPECT_EQ(size_of(read["rejections"]), groups_shown_max);
  EXPECT_EQ(size_of(read["rejections"].at(0)["senders"]), senders_shown_max);
}

TEST(assets, are_compiled_in_whole) {
  const asset* const index = find_asset("index.html");
  ASSERT_NE(index, nullptr);
  EXPECT_TRUE(index->bytes.starts_with("<!"));
  EXPECT_TRUE(index->bytes.ends_with("</html>\n"));
  ASSERT_NE(find_asset("dygraph.min.js"), nullptr);
  EXPECT_GT(find_asset("dygraph.min.js")->bytes.size(), 100'000U);
  EXPECT_EQ(find_asset("../index.html"), nullptr);
  EXPECT_EQ(find_asset(""), nullptr);
  for (const asset& each : assets()) {
    EXPECT_NE(content_type_of_asset(each.name), "application/octet-stream") << each.name;
  }
}

}  // namespace
}  // namespace weir::page

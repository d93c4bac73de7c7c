// SPDX-License-Identifier: Apache-2.0
#include "accounts/source_registry.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string text_of(const source_registry& sources) {
  metrics_text text;
  sources.collect(text);
  return text.text();
}

TEST(agent_kind, of_known_programs) {
  EXPECT_EQ(agent_kind("Telegraf/1.39.3 Go/1.22"), "telegraf");
  EXPECT_EQ(agent_kind("influxdb-client-java/6.0"), "influxdb-client-java");
  EXPECT_EQ(agent_kind("okhttp/3.12.1"), "okhttp");
  EXPECT_EQ(agent_kind("curl/7.88.1"), "curl");
  EXPECT_EQ(agent_kind("Mozilla (X11)"), "mozilla");
  EXPECT_EQ(agent_kind(""), "none");
  EXPECT_EQ(agent_kind("\xff\x01\""), "___");
  EXPECT_EQ(agent_kind(std::string(100, 'a')).size(), 32U);
}

TEST(sender_cache, a_client_is_looked_up_once) {
  source_registry sources;
  sender_cache cache(sources, "http");
  const auto first = cache.find("Telegraf/1", {"Basic YW5uOnNlY3JldA=="});
  EXPECT_EQ(first->user, "ann");
  EXPECT_EQ(first->agent, "Telegraf/1");
  EXPECT_EQ(cache.find("Telegraf/1", {"Basic YW5uOnNlY3JldA=="}).get(), first.get());
  // Another version is the same source; the parameter comes before the header.
  const auto second = cache.find("Telegraf/2", {"Basic YW5uOnNlY3JldA=="});
  EXPECT_EQ(second->source, first->source);
  EXPECT_EQ(cache.find("Telegraf/2", {"Basic YW5uOnNlY3JldA==", "eve"})->user, "eve");
  EXPECT_EQ(cache.find("x", {"", "\xff"})->user, "invalid");
}

TEST(sender_cache, is_bounded) {
  source_registry sources;
  sender_cache cache(sources, "http");
  const auto held = cache.find("agent", {""});
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(cache.find("agent/" + std::to_string(i), {""})->source, held->source);
  }
  EXPECT_EQ(held->agent, "agent");
}

TEST(source_registry, labels_are_bounded_and_nothing_is_lost) {
  source_registry sources;
  line_account account;
  account.received = 4;
  account.accepted = 1;
  account.withheld = 1;
  account.refused_by_parser[1] = 1;
  account.dropped_by_gate[1] = 1;
  for (int i = 0; i < 1'000; ++i) {
    sources.find_or_add("http", "user" + std::to_string(i), "curl").add(account);
  }
  const std::string text = text_of(sources);
  std::size_t rows = 0;
  for (std::size_t at = text.find("\nweir_source_lines_received_total{"); at != std::string::npos;
       at = text.find("\nweir_source_lines_received_total{", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, source_registry::sources_max + 1);
  const std::string other = "{agent=\"other\",listener=\"other\",user=\"other\"} ";
  EXPECT_NE(text.find("weir_source_lines_received_total" + other + "3744"), std::string::npos);
  EXPECT_NE(text.find("weir_source_lines_accepted_total" + other + "936"), std::string::npos);
  EXPECT_NE(text.find("weir_source_lines_rejected_total" + other + "1872"), std::string::npos);
  EXPECT_NE(text.find("weir_source_lines_dropped_total" + other + "936"), std::string::npos);
}

}  // namespace
}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
#include "accounts/database_registry.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

TEST(database_registry, entries_stay_where_they_are) {
  database_registry registry(1000);
  database_entry* first = registry.find_or_add("a");
  for (int i = 0; i < 500; ++i) {
    ASSERT_NE(registry.find_or_add("x" + std::to_string(i)), nullptr);
  }
  EXPECT_EQ(registry.find_or_add("a"), first);
  EXPECT_EQ(registry.find("missing"), nullptr);
}

TEST(database_registry, is_bounded_but_known_names_still_work) {
  database_registry registry(1);
  EXPECT_NE(registry.find_or_add("a"), nullptr);
  EXPECT_EQ(registry.find_or_add("b"), nullptr);
  EXPECT_NE(registry.find_or_add("a"), nullptr);
}

TEST(database_registry, received_is_accepted_plus_rejected_plus_dropped) {
  database_registry registry(10);
  line_account account;
  account.received = 10;
  account.accepted = 5;
  account.refused_by_parser[static_cast<std::size_t>(parse_code::bad_timestamp)] = 2;
  account.rejected_by_gate[static_cast<std::size_t>(gate_code::beyond_retention)] = 2;
  account.dropped_by_gate[static_cast<std::size_t>(gate_code::beyond_retention)] = 1;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&registry, &account] {
      for (int i = 0; i < 1000; ++i) {
        registry.find_or_add("db")->add(account, 0);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  metrics_text out;
  registry.collect(out);
  const std::string text = out.text();
  for (const char* expected :
       {"weir_lines_received_total{database=\"db\"} 40000",
        "weir_lines_accepted_total{database=\"db\"} 20000",
        "weir_lines_rejected_total{database=\"db\",reason=\"bad_timestamp\"} 8000",
        "weir_lines_rejected_total{database=\"db\",reason=\"beyond_retention\"} 8000",
        "weir_lines_dropped_total{database=\"db\",reason=\"beyond_retention\"} 4000"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

TEST(database_registry, databases_beyond_the_labelled_ones_share_rows_that_add_up) {
  database_registry registry(10, 2);
  for (const char* name : {"z", "a", "m", "b"}) {
    line_account account;
    account.received = 3;
    account.accepted = 2;
    account.rejected_by_gate[static_cast<std::size_t>(gate_code::beyond_retention)] = 1;
    registry.find_or_add(name)->add(account, 0);
  }
  EXPECT_EQ(registry.label_of("z"), "z") << "it was first";
  EXPECT_EQ(registry.label_of("m"), "(other)");
  EXPECT_EQ(registry.label_of("unknown"), "(other)");
  metrics_text out;
  std::size_t first = 0;
  while (registry.collect_some(first, 1, out)) {
    ++first;
  }
  EXPECT_EQ(first, 3U);
  for (const char* expected :
       {"weir_lines_received_total{database=\"(other)\"} 6\n",
        "weir_lines_accepted_total{database=\"(other)\"} 4\n",
        "weir_lines_rejected_total{database=\"(other)\",reason=\"beyond_retention\"} 2\n",
        "weir_lines_received_total{database=\"a\"} 3\n",
        "weir_lines_received_total{database=\"z\"} 3\n"}) {
    EXPECT_NE(out.text().find(expected), std::string::npos) << expected << out.text();
  }
  EXPECT_EQ(out.text().find("database=\"b\""), std::string::npos);
}

TEST(database_registry, remembers_which_policies_were_written_to) {
  database_entry entry("db");
  EXPECT_TRUE(entry.written_policies().empty());
  entry.note_written("week");
  entry.note_written("");
  entry.note_written("week");
  EXPECT_EQ(entry.written_policies(), (std::vector<std::string>{"", "week"}));
  for (std::size_t i = 0; i < 2 * database_entry::written_policies_max; ++i) {
    entry.note_written(std::to_string(i));
  }
  EXPECT_EQ(entry.written_policies().size(), database_entry::written_policies_max + 1);
}

}  // namespace
}  // namespace weir

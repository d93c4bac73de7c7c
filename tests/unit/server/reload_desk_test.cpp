// SPDX-License-Identifier: Apache-2.0
//
// Asking for reloads, what is said of them, and what is counted.
#include "server/reload/reload_desk.hpp"

#include <gtest/gtest.h>

#include "server/reload/reload_record.hpp"
#include "server/reload/reload_words.hpp"
#include "unit/metric_values.hpp"

namespace weir {
namespace {

TEST(reload_desk, answers_all_that_asked_before_the_reload) {
  int control_woken = 0;
  reload_desk desk([&] { ++control_woken; });
  int woken = 0;
  const auto one = desk.ask([&] { ++woken; });
  const auto two = desk.ask([&] { ++woken; });
  EXPECT_EQ(control_woken, 2);
  const auto taken = desk.take();
  EXPECT_EQ(taken.size(), 2U);
  const auto late = desk.ask([&] { ++woken; });
  reload_desk::settle(taken, {200, "done"});
  EXPECT_EQ(woken, 2);
  EXPECT_TRUE(one->settled() && two->settled());
  EXPECT_EQ(one->answer().status, 200);
  EXPECT_FALSE(late->settled());
  EXPECT_EQ(desk.take().size(), 1U);
}

TEST(reload_desk, does_not_wake_who_went_away) {
  reload_desk desk;
  int woken = 0;
  const auto gone = desk.ask([&] { ++woken; });
  gone->abandon();
  reload_desk::settle(desk.take(), {200, ""});
  EXPECT_EQ(woken, 0);
}

TEST(reload_desk, that_is_closed_answers_at_once) {
  reload_desk desk;
  const auto waiting = desk.ask([] {});
  desk.close();
  EXPECT_EQ(waiting->answer().status, 503);
  const auto after = desk.ask([] {});
  ASSERT_TRUE(after->settled());
  EXPECT_EQ(after->answer().status, 503);
}

TEST(reload_words, tell_what_changed_and_what_will_not) {
  const std::vector<setting_change> changes{
      {"limits.line", setting_change::kind::changed, "\"1MiB\"", "\"4KiB\"", false},
      {"log.directory", setting_change::kind::changed, "\"a\"", "\"b\"", true},
      {"sink \"x\"", setting_change::kind::added, "", "", false}};
  EXPECT_EQ(reloaded_answer(changes).body,
            "{\"changed\":[\"limits.line: from \\\"1MiB\\\" to \\\"4KiB\\\"\",\"sink \\\"x\\\": "
            "added\"],\"needs_restart\":[\"log.directory: from \\\"a\\\" to \\\"b\\\": needs a "
            "restart\"]}\n");
  EXPECT_EQ(reloaded_words(changes),
            "the configuration was reloaded: 2 changes: limits.line: from \"1MiB\" to \"4KiB\"; "
            "sink \"x\": added");
  EXPECT_NE(restart_words(changes).find("log.directory"), std::string::npos);
  EXPECT_EQ(restart_words({}), "");
  EXPECT_NE(reloaded_words({}).find("nothing changed"), std::string::npos);
  EXPECT_EQ(failed_answer("a\nb").body, "{\"error\":\"a\\nb\"}\n");
  EXPECT_EQ(failed_answer("a").status, 400);
}

TEST(reload_words, of_many_changes_are_short) {
  const std::vector<setting_change> many(
      1'000, {"rule \"x\"", setting_change::kind::added, "", "", false});
  EXPECT_LT(reloaded_words(many).size(), 1'000U);
  EXPECT_NE(reloaded_words(many).find("and 980 more"), std::string::npos);
}

TEST(reload_record, counts_and_remembers_the_last_failure) {
  reload_record record(wall_time{5'000'000'000});
  metric_values first;
  record.collect(first);
  EXPECT_EQ(first.values.at("weir_config_last_reload_successful"), 1);
  EXPECT_EQ(first.values.at("weir_config_last_reload_success_timestamp_seconds"), 5);
  record.failed("one\ntwo");
  EXPECT_EQ(record.failure_words(), "one; two");
  metric_values failed;
  record.collect(failed);
  EXPECT_EQ(failed.values.at("weir_config_last_reload_successful"), 0);
  record.succeeded(wall_time{7'000'000'000});
  EXPECT_EQ(record.failure_words(), "");
  metric_values after;
  record.collect(after);
  EXPECT_EQ(after.values.at("weir_config_last_reload_success_timestamp_seconds"), 7);
}

}  // namespace
}  // namespace weir

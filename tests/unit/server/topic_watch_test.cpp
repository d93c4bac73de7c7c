// SPDX-License-Identifier: Apache-2.0
//
// How a topic is, as it is asked again and again: one question without an answer is not told.
#include "server/log/topic_watch.hpp"

#include <gtest/gtest.h>

#include <future>

#include "unit/metric_values.hpp"

namespace weir {
namespace {

struct played_topic {
  std::uint32_t leaderless = 0;
  std::string fault;
  unsigned asked = 0;

  topic_watch_options options() {
    return {.topic = "weir", .brokers = {"a:1"}, .ask = [this](cluster_standing& known) -> outcome {
              ++asked;
              if (!fault.empty()) {
                return failure{fault};
              }
              known.partitions = 4;
              known.replicas = 2;
              known.leaderless = leaderless;
              return nothing{};
            }};
  }
};

TEST(topic_watch, tells_what_it_was_told) {
  played_topic topic;
  topic_watch watch(topic.options());
  EXPECT_EQ(topic.asked, 1U) << "at once";
  EXPECT_EQ(watch.standing().partitions, 4U);
  EXPECT_EQ(watch.standing().topic, "weir");
  topic.leaderless = 3;
  watch.work();
  EXPECT_EQ(watch.standing().leaderless, 3U);
}

TEST(topic_watch, silence_is_told_the_second_time) {
  played_topic topic;
  topic_watch watch(topic.options());
  topic.fault = "timed out";
  watch.work();
  EXPECT_EQ(watch.standing().fault, "");
  watch.work();
  EXPECT_EQ(watch.standing().fault, "timed out");
  EXPECT_EQ(watch.standing().partitions, 4U) << "what was known stays";
  topic.fault.clear();
  watch.work();
  EXPECT_EQ(watch.standing().fault, "");
  topic.fault = "timed out";
  watch.work();
  EXPECT_EQ(watch.standing().fault, "") << "it begins anew";
}

TEST(topic_watch, its_numbers) {
  played_topic topic;
  topic.leaderless = 1;
  const topic_watch watch(topic.options());
  metric_values numbers;
  watch.collect(numbers);
  EXPECT_EQ(numbers.values["weir_log_topic_partitions{weir}"], 4);
  EXPECT_EQ(numbers.values["weir_log_topic_leaderless{weir}"], 1);
  EXPECT_EQ(numbers.values["weir_log_topic_answers{weir}"], 1);
}

TEST(topic_watch, a_thread_asks_until_it_is_stopped) {
  std::promise<void> often;
  unsigned asked = 0;
  topic_watch watch({.topic = "weir",
                     .brokers = {},
                     .ask = [&](cluster_standing&) -> outcome {
                       if (++asked == 3) {
                         often.set_value();
                       }
                       return nothing{};
                     },
                     .every = std::chrono::milliseconds(1)});
  watch.start();
  EXPECT_EQ(often.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  watch.stop();
  const unsigned after = asked;
  watch.stop();
  EXPECT_EQ(asked, after);
}

}  // namespace
}  // namespace weir

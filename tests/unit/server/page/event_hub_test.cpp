// SPDX-License-Identifier: Apache-2.0
//
// Those who watch: the newest event for each, however fast events come and whoever leaves
// meanwhile.
#include "server/page/event_hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace weir {
namespace {

event_watcher::event event_of(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

TEST(event_hub, the_newest_waits_for_each) {
  event_hub hub;
  int woken = 0;
  const auto one = hub.watch([&woken] { ++woken; });
  const auto other = hub.watch([&woken] { ++woken; });
  EXPECT_FALSE(one->has_news());
  EXPECT_EQ(one->take(), nullptr);
  hub.publish(event_of("a"));
  EXPECT_EQ(*one->take(), "a");
  hub.publish(event_of("b"));
  EXPECT_EQ(woken, 4);
  EXPECT_TRUE(other->has_news());
  EXPECT_TRUE(other->take_news());
  EXPECT_FALSE(other->has_news());
  EXPECT_EQ(*other->take(), "b") << "it was too slow for a";
  EXPECT_FALSE(other->has_event());
  EXPECT_EQ(*one->take(), "b");
}

TEST(event_hub, has_a_bound) {
  event_hub hub;
  std::vector<std::shared_ptr<event_watcher>> all;
  for (std::size_t i = 0; i < event_hub::watchers_max; ++i) {
    all.push_back(hub.watch([] {}));
    ASSERT_NE(all.back(), nullptr);
  }
  EXPECT_EQ(hub.watch([] {}), nullptr);
  hub.forget(all.back());
  EXPECT_EQ(hub.watchers(), event_hub::watchers_max - 1);
  EXPECT_NE(hub.watch([] {}), nullptr);
}

TEST(event_hub, who_left_is_not_woken) {
  event_hub hub;
  int woken = 0;
  const auto gone = hub.watch([&woken] { ++woken; });
  hub.publish(event_of("a"));
  hub.forget(gone);
  hub.publish(event_of("b"));
  hub.end_all();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(gone->take(), nullptr) << "it holds nothing any more";
}

TEST(event_hub, ends_those_of_now_or_all) {
  event_hub hub;
  const auto before = hub.watch([] {});
  hub.publish(event_of("last"));
  hub.end_all();
  EXPECT_TRUE(before->ended());
  EXPECT_EQ(*before->take(), "last") << "what came before the end is still told";
  const auto after = hub.watch([] {});
  ASSERT_NE(after, nullptr);
  EXPECT_FALSE(after->ended());
  hub.close();
  EXPECT_TRUE(after->ended());
  EXPECT_TRUE(hub.closed());
  EXPECT_EQ(hub.watch([] {}), nullptr);
}

TEST(event_hub, by_many_threads) {
  event_hub hub;
  std::atomic<bool> over{false};
  std::thread maker([&] {
    while (!over.load()) {
      hub.publish(event_of("x"));
    }
  });
  std::vector<std::thread> loops;
  for (int i = 0; i < 4; ++i) {
    loops.emplace_back([&hub] {
      for (int round = 0; round < 200; ++round) {
        auto alive = std::make_unique<std::atomic<int>>(0);
        const auto watcher = hub.watch([mine = alive.get()] { mine->fetch_add(1); });
        while (alive->load() == 0) {
          std::this_thread::yield();
        }
        static_cast<void>(watcher->take());
        hub.forget(watcher);
        alive.reset();  // wake may not be called any more
      }
    });
  }
  for (std::thread& each : loops) {
    each.join();
  }
  over.store(true);
  maker.join();
  EXPECT_EQ(hub.watchers(), 0U);
}

}  // namespace
}  // namespace weir

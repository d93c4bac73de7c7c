// SPDX-License-Identifier: Apache-2.0
//
// What must not happen while a shard of the series table is locked, for all other loops spin then:
// no allocation, and no waiting for the window of points, whose look-up sorts.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gate/gate.hpp"
#include "gate/series/gate_memory.hpp"
#include "unit/gate/watched_new.hpp"

namespace weir {
namespace {

constexpr std::int64_t now = 1'700'000'000'000'000'000;

std::atomic<gate_memory*> watched_memory{nullptr};
std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> allocations_under_lock{0};

void note_allocation() {
  ++allocations;
  if (watched_memory.load()->series.is_locked()) {
    ++allocations_under_lock;
  }
}

class watch {
 public:
  explicit watch(gate_memory& memory) {
    watched_memory = &memory;
    allocations = allocations_under_lock = 0;
    test::watch_allocations(note_allocation);
  }
  ~watch() { test::watch_allocations(nullptr); }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
};

class series_lock_test : public ::testing::Test {
 protected:
  void write(const std::string& body) {
    chain_.begin({.policy = &policy_, .now_ns = now, .memory = memory_.get(), .database = "db"});
    staged_lines staged;
    line_reader reader;
    reader.feed(body);
    reader.finish();
    while (reader.next() == line_event::point) {
      if (const std::size_t known = chain_.pass_known(reader.upcoming(), staged); known > 0) {
        reader.skip(known - 1);
      } else {
        static_cast<void>(chain_.pass(reader.point(), staged));
      }
    }
  }
  /// New series and shapes, repeats, older points, and others in their place: for each of `series`.
  static std::string body_of(int series, int round) {
    std::string body;
    for (int i = 0; i < series; ++i) {
      const std::string id = "m,host=" + std::to_string(i);
      const std::string value = std::to_string(round);
      body += id + " value=" + value + " " + std::to_string(100 + round) + "\n";
      body += id + " value=" + value + " 50\n";
      body += id + " value=7,other" + std::to_string(i % 50) + "=1i 50\n";
      body += id + " value=" + value + "i 60\n";
      body += id + " more=1,more=2 70\n";
    }
    return body;
  }

  database_settings policy_{.types = types_mode::coerce};
  std::unique_ptr<gate_memory> memory_ = std::make_unique<gate_memory>(
      gate_memory_options{.series_bytes = std::size_t{4} << 20, .seed = 5, .start_ns = now});
  gate chain_;
};

TEST_F(series_lock_test, an_allocation_under_the_lock_is_seen) {
  const watch watching(*memory_);
  auto entry = memory_->series.find_or_add(hash_wide("a", 1), 1);
  const auto number = std::make_unique<int>(1);
  EXPECT_EQ(allocations_under_lock.load(), 1U);
}

TEST_F(series_lock_test, nothing_is_allocated_under_it) {
  for (const duplicates_mode mode :
       {duplicates_mode::last, duplicates_mode::reject, duplicates_mode::spread}) {
    policy_.duplicates = mode;
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{1'500}}) {
      policy_.series_total = limit;
      for (int round = 0; round < 4; ++round) {
        const std::string body = body_of(2'000 * (round + 1), round);
        const watch watching(*memory_);
        write(body);
        if (round % 2 == 0) {
          chain_.commit();
        } else {
          chain_.rollback();
        }
        EXPECT_GT(allocations.load(), 10U);
        EXPECT_EQ(allocations_under_lock.load(), 0U);
      }
    }
  }
  EXPECT_GT(memory_->series.count().series, 7'000U);  // the shards have grown
}

TEST_F(series_lock_test, it_is_not_held_while_the_window_is_busy) {
  write("m value=1 5\nm value=1 6\nm value=1 7\n");
  chain_.commit();  // the points at 5 and 6 are in the window
  const wide_hash series = hash_series("m", memory_->of("db").seed());
  const auto policy = static_cast<std::uint32_t>(hash_text("", memory_->of("db").seed()));
  std::promise<void> asked;
  std::promise<void> go_on;
  std::thread sorter([&] {
    memory_->points.each_at(point_window::key_of(series, 5, policy), [&](point_content) {
      asked.set_value();
      go_on.get_future().wait();  // under the window's lock
    });
  });
  asked.get_future().wait();
  std::thread writer([this] { write("m value=2 5\n"); });
  bool was_locked = false;
  for (int look = 0; look < 20; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    was_locked = memory_->series.is_locked();  // as long as the writer waits, if at all
  }
  EXPECT_FALSE(was_locked);
  go_on.set_value();
  writer.join();
  sorter.join();
  EXPECT_EQ(chain_.noted()[static_cast<std::size_t>(gate_code::duplicate_point)], 1U);
}

}  // namespace
}  // namespace weir

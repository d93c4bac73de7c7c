// SPDX-License-Identifier: Apache-2.0
//
// Random histories with a parking place: databases come and go on the server, the place is small,
// the disk fails for a while, the process is killed. In every step accepted = delivered + discarded
// + pending; in the end each point was delivered once or given up for a reason that was stated.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/sinks/parking/parking_world.hpp"

namespace weir {
namespace {

class random_parking : public parking_world {
 public:
  explicit random_parking(std::uint64_t seed) : random_(seed) {
    world.seed = seed;
    world.settings.park_keep = std::uint64_t{1} << 20;
    world.settings.park_after = std::chrono::milliseconds{500};
    world.settings.batch.points = 300;
    start();
  }

  void step() {
    const std::string database = "db" + std::to_string(below(6));
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const auto points = static_cast<std::uint32_t>(1 + below(below(4) == 0 ? 3000 : 40));
        put(database, points);
        appended_ += points;
        break;
      }
      case 4:
        missing.insert(database);
        break;
      case 5:
        missing.erase(database);
        break;
      case 6:
        broken = below(3) == 0 ? std::optional(reply_of(503)) : std::nullopt;
        break;
      case 7:
        log.bytes_max = below(2) * 100'000;
        break;
      case 8:
        files.error = -ENOSPC;
        files.dead = true;
        files.fail_at = below(3) == 0 ? static_cast<int>(files.calls.size()) : -1;
        break;
      case 9:
        if (below(3) == 0) {
          files.fail_at = -1;
          start();
        }
        break;
      case 10:
        if (below(8) == 0) {
          static_cast<void>(
              world.worker->drop_parked({.database = database}, discard_reason::dropped));
        } else {
          static_cast<void>(world.worker->retry_parked({}));
        }
        break;
      case 11:
        pass(static_cast<std::int64_t>(below(3'000)));
        break;
    }
    pass(static_cast<std::int64_t>(below(200)));
    ASSERT_TRUE(world.conserves());
  }

  void check_end() {
    missing.clear();
    broken.reset();
    files.fail_at = -1;
    start();
    for (int i = 0; i < 100 && (i < 5 || world.worker->pending_points() > 0); ++i) {
      pass(2'000);
    }
    const cursor_state& end = world.worker->cursor();
    EXPECT_EQ(world.worker->pending_points(), 0U);
    EXPECT_EQ(end.accepted, appended_);
    EXPECT_EQ(world.discarded(discard_reason::lost), 0U);
    EXPECT_EQ(end.discarded_total(), world.discarded(discard_reason::park_full) +
                                         world.discarded(discard_reason::dropped));
    std::uint64_t stored = 0;
    for (const auto& [lane, lines] : world.server.stored) {
      stored += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    }
    // A cursor that could not be written before a kill costs repeats, and nothing else.
    EXPECT_GE(stored, end.delivered);
    EXPECT_EQ(counters().parked_bytes.value(), 0U);
    EXPECT_EQ(log.released(world.subscriber), log.end());
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  std::mt19937_64 random_;
  std::uint64_t appended_ = 0;
};

TEST(parking_random, conserves_points_in_every_step_of_any_history) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    random_parking history(seed);
    for (int i = 0; i < 150; ++i) {
      history.step();
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
    }
    history.check_end();
    if (::testing::Test::HasFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace weir

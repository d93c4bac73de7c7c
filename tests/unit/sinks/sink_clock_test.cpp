// SPDX-License-Identifier: Apache-2.0
//
// What a sink tells its target of the time.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "sinks/sink.hpp"
#include "unit/sinks/fake_server.hpp"

namespace weir {
namespace {

/// Notes when it is told the time, and whether the sink is abreast.
class clocked_target final : public target {
 public:
  void deliver(const batch& /*source*/, done on_done) override { on_done(attempt_result::done(0)); }
  void abort() override {}
  std::optional<std::int64_t> tick(std::int64_t now_ms, bool abreast) override {
    ticks.emplace_back(now_ms, abreast);
    return std::nullopt;
  }
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }
  std::vector<std::pair<std::int64_t, bool>> ticks;
};

TEST(sink_clock, that_was_set_begins_silence_anew) {
  fake_log log;
  sink_world world(log);
  using ticks = std::vector<std::pair<std::int64_t, bool>>;
  clocked_target to;
  std::int64_t wall_ms = 1'000'000;
  sink subject(world.settings,
               {.log = log,
                .memory = world.memory,
                .target = to,
                .request_turn = [] {},
                .now_ns = [&wall_ms] { return wall_ms * 1'000'000; }},
               cursor_state{});
  subject.open(1'000);
  subject.turn(1'000);
  wall_ms += 600'000;
  subject.turn(601'000);
  EXPECT_EQ(to.ticks, (ticks{{1'000'000, true}, {1'600'000, true}})) << "both clocks went on";
  to.ticks.clear();
  wall_ms += 3'600'000;
  subject.turn(601'100);
  EXPECT_EQ(to.ticks, (ticks{{5'200'000, false}, {5'200'000, true}}));
  to.ticks.clear();
  wall_ms -= 3'600'000;
  subject.turn(601'200);
  EXPECT_EQ(to.ticks, (ticks{{1'600'000, false}, {1'600'000, true}}));
  to.ticks.clear();
  wall_ms += 4'000;
  subject.turn(601'300);
  EXPECT_EQ(to.ticks, (ticks{{1'604'000, true}})) << "it may be corrected by some seconds";
}

}  // namespace
}  // namespace weir

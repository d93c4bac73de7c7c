// SPDX-License-Identifier: Apache-2.0
//
// A client in a simulation: it writes the points of its series in order, one request at a time, and
// knows what it was told. After an answer that says that nothing was kept, or none, it sends the
// same again or goes on, as chance has it; it never goes back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/write_path.hpp"
#include "simulation/life.hpp"
#include "simulation/model.hpp"
#include "simulation/plan.hpp"

namespace weir::simulation {

class client {
 public:
  client(std::uint32_t number, const planned_client& planned, const surroundings& around)
      : number_(number), planned_(planned), around_(around) {}

  /// Does its next thing: begins a request, sends a piece of it, completes it, or goes away.
  void step(life& at);
  /// Its answers are looked at after each turn of a loop.
  void after_turn(life& at);
  /// The process is gone.
  void lost();
  /// Ends what it is doing; for the end of a run.
  [[nodiscard]] bool busy() const noexcept { return job_ != nullptr; }
  /// May a new request begin? False at the end of a run.
  void stop() noexcept { stopped_ = true; }
  void go_on() noexcept { stopped_ = false; }
  /// Requests of it that were kept.
  [[nodiscard]] std::uint64_t kept() const noexcept { return kept_; }

 private:
  enum class told : std::uint8_t { nothing, kept, not_kept };

  void begin(life& at);
  void make_lines();
  void add_line(std::uint32_t series);
  void answered(write_end end, const write_verdict& verdict);
  void conclude(told outcome);

  const std::uint32_t number_;
  const planned_client planned_;
  const surroundings around_;
  std::vector<std::uint32_t> next_slot_;
  std::string body_;
  std::size_t sent_ = 0;
  std::vector<point_id> points_;
  /// Lines of the body that are none.
  std::uint64_t broken_ = 0;
  write_job* job_ = nullptr;
  std::size_t loop_ = 0;
  bool completed_ = false;
  bool answered_ = false;
  told told_ = told::nothing;
  bool again_ = false;
  bool stopped_ = false;
  std::uint64_t kept_ = 0;
};

}  // namespace weir::simulation

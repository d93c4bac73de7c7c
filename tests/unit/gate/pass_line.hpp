// SPDX-License-Identifier: Apache-2.0
//
// One line through a gate of its own, and what came of it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "gate/gate.hpp"

namespace weir {

// 2023-11-14T22:13:20.123456789Z
inline constexpr std::int64_t now = 1'700'000'000'123'456'789;

struct passed {
  gate_answer answer;
  std::string line;
  gate_tally repaired{};
  /// Of the gate, where it refused.
  std::string words;
};

inline passed pass_line(const std::string& line, const database_settings& policy,
                        std::int64_t unit_ns = 1) {
  line_reader reader{{.unit_ns = unit_ns == automatic_unit_ns ? 1 : unit_ns}};
  reader.feed(line);
  reader.finish();
  EXPECT_EQ(reader.next(), line_event::point) << line;
  gate chain;
  chain.begin({.policy = &policy, .now_ns = now, .unit_ns = unit_ns});
  staged_lines staged;
  const gate_answer answer = chain.pass(reader.point(), staged);
  return {answer, std::string(staged.text()), chain.repaired(),
          chain.detail(answer, reader.point())};
}

inline std::uint64_t count(const passed& p, gate_code code) {
  return p.repaired[static_cast<std::size_t>(code)];
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// One point on its way through the chain of checks (chain.hpp), with the repairs made to it so far.
// Checks change it in place. One thread.
#pragma once

#include <bit>
#include <cstdint>

#include "gate/check.hpp"
#include "gate/point_draft.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class passage {
 public:
  /// All of it must outlive the passage. `overflowed`: the point's time is a number without its
  /// unit, because it overflows in the unit of the request.
  passage(const point_view& original, bool overflowed, point_draft& draft) noexcept
      : original_(original), overflowed_(overflowed), point_(&original), draft_(draft) {}

  [[nodiscard]] const point_view& original() const noexcept { return original_; }
  [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }
  /// As it is now, but for its time.
  [[nodiscard]] const point_view& point() const noexcept { return *point_; }

  /// A copy of the point, to be changed; `use` follows.
  [[nodiscard]] point_draft& draft() noexcept {
    if (!is_drafted_) {
      draft_.begin(*point_);
    }
    return draft_;
  }
  /// The point is what the draft holds now.
  void use_draft() noexcept {
    is_drafted_ = true;
    point_ = &draft_.view();
  }
  /// The point is this one, which must outlive the passage.
  void use(const point_view& changed) noexcept { point_ = &changed; }

  /// Each code at most once a point.
  void note_repair(const gate_answer& answer) noexcept {
    repairs_ |= std::uint64_t{1} << static_cast<unsigned>(answer.code);
    last_repair_ = answer;
  }
  /// Counts the repairs.
  void count(gate_tally& repaired) const noexcept {
    for (std::uint64_t left = repairs_; left != 0; left &= left - 1) {
      ++repaired[static_cast<std::size_t>(std::countr_zero(left))];
    }
  }
  /// keep: there was none.
  [[nodiscard]] const gate_answer& last_repair() const noexcept { return last_repair_; }

  /// Nanoseconds since the epoch, once the check of times has run.
  std::int64_t time = 0;

 private:
  static_assert(gate_code_count <= 64);

  const point_view& original_;
  bool overflowed_;
  const point_view* point_;
  point_draft& draft_;
  bool is_drafted_ = false;
  /// A bit for each gate_code.
  std::uint64_t repairs_ = 0;
  gate_answer last_repair_;
};

}  // namespace weir

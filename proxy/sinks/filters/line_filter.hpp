// SPDX-License-Identifier: Apache-2.0
//
// Which lines of a frame a sink takes, by the names of their measurements, and by their series
// where its addresses share them. Which frames it takes is the sink's own matter. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/position.hpp"
#include "sinks/assignments/assignment_history.hpp"

namespace weir {

/// An address's share of the series. Null `history`: it gets all.
struct address_share {
  std::shared_ptr<const assignment_history> history = nullptr;
  std::string address = {};
};

class line_filter {
 public:
  /// Of measurements, as matches_patterns reads them; escapes of line protocol are undone before.
  explicit line_filter(std::vector<std::string> measurements, address_share share = {});

  /// It takes every line of every frame: there is no need to ask it.
  [[nodiscard]] bool takes_all() const noexcept {
    return takes_all_measurements_ && share_.history == nullptr;
  }

  /// The frame at that position may have lines of the sink.
  [[nodiscard]] bool concerns(log_position position) const noexcept {
    return share_.history == nullptr || share_.history->concerns(position, share_.address);
  }

  /// Appends to `out` those lines of `lines` that are taken, unchanged, and returns how many.
  /// `lines` are whole canonical lines of the frame at `position`, which concerns the sink. From
  /// where they turn out not to be, all is taken: what is wrong with them is for the server to say.
  std::uint32_t append_taken(std::string_view lines, log_position position, std::string& out) const;

 private:
  std::vector<std::string> measurements_;
  bool takes_all_measurements_;
  address_share share_;
};

}  // namespace weir

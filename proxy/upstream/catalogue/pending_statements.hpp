// SPDX-License-Identifier: Apache-2.0
//
// Statements that clients were told are done, and that their server has not carried out yet: in
// order, bounded, with a text form for the file that keeps them over restarts. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "api/query/statement.hpp"

namespace weir {

struct pending_statement {
  api::statement what;
  /// The log's end when the client sent it: what a DROP drops lies before.
  std::uint64_t log_end = 0;
};

class pending_statements {
 public:
  /// Statements, and bytes of all of them as text, that wait for one server at the most.
  static constexpr std::size_t statements_max = 1'000;
  static constexpr std::size_t bytes_max = std::size_t{1} << 20;

  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  [[nodiscard]] const std::deque<pending_statement>& all() const noexcept { return waiting_; }
  [[nodiscard]] const pending_statement& first() const { return waiting_.front(); }
  /// Something waits that is about this database.
  [[nodiscard]] bool about(std::string_view database) const;
  /// The last one about its database says the same: once more changes nothing.
  [[nodiscard]] bool repeats(const api::statement& what) const;

  /// False: there is no room.
  [[nodiscard]] bool add(pending_statement one);
  void take_back_last();
  /// The log ends there: one that was begun anew has no frames of before.
  void clamp(std::uint64_t log_end);
  void pop();

  [[nodiscard]] std::string text() const;
  /// What `text()` wrote; nullopt if it is no such text.
  [[nodiscard]] static std::optional<pending_statements> read(std::string_view text);

 private:
  std::deque<pending_statement> waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace weir

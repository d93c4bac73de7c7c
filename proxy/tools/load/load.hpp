// SPDX-License-Identifier: Apache-2.0
//
// What `weir load` sends and when: bodies that are built before the clock starts, and a plan that
// says when the next one is due and when it is over. Pure: no sockets, no clock. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tools/load/load_options.hpp"

namespace weir {

/// One request or datagram, ready to be sent.
struct load_piece {
  /// Over HTTP the head and the body, which may be compressed. Valid as long as its ring.
  std::string_view bytes;
  std::uint64_t lines = 0;
  /// Of the lines themselves: without the head, not compressed.
  std::uint64_t line_bytes = 0;
};

/// The pieces that are sent, in order and then from the start again. All lines in it differ,
/// because time goes on from one to the next; a run that goes round sends the same points again.
class load_ring {
 public:
  /// Requires: options that check_load made. Fails when a single line does not fit a datagram.
  [[nodiscard]] static result<load_ring> build(const load_options& options);

  /// The piece with this number, counted from 0, with at most `lines_left` lines.
  [[nodiscard]] load_piece at(std::uint64_t number, std::uint64_t lines_left) const;
  [[nodiscard]] std::size_t size() const noexcept { return pieces_.size(); }
  [[nodiscard]] std::uint64_t lines() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept { return arena_.size(); }

 private:
  struct extent {
    std::size_t offset = 0;
    std::size_t length = 0;
    std::uint64_t lines = 0;
    std::uint64_t line_bytes = 0;
  };
  class builder;
  [[nodiscard]] load_piece piece_of(const extent& part) const noexcept;

  std::string arena_;
  std::vector<extent> pieces_;
  /// Over HTTP: the body with the lines that are left when `lines` is no multiple of `batch`.
  std::optional<extent> last_;
};

/// When the next piece may go, in lines a second or as fast as answers come, and until when.
class load_plan {
 public:
  explicit load_plan(const load_options& options);

  void start(std::int64_t now_ns) noexcept { started_ns_ = now_ns; }
  /// Nothing further is granted.
  void stop() noexcept { stopped_ = true; }

  /// A piece may be sent now.
  [[nodiscard]] bool due(std::int64_t now_ns) const noexcept;
  /// When the next piece was to be sent. Flat out that is at once: `now_ns`.
  [[nodiscard]] std::int64_t due_ns(std::int64_t now_ns) const noexcept;
  void granted(std::uint64_t lines) noexcept { granted_lines_ += lines; }
  [[nodiscard]] std::uint64_t lines_left() const noexcept;
  /// Whether time or lines are used up, or `stop` was called.
  [[nodiscard]] bool over(std::int64_t now_ns) const noexcept;
  [[nodiscard]] bool paced() const noexcept { return lines_per_second_.has_value(); }

 private:
  const std::optional<double> lines_per_second_;
  const std::optional<std::uint64_t> lines_;
  const std::optional<std::int64_t> duration_ns_;
  std::int64_t started_ns_ = 0;
  std::uint64_t granted_lines_ = 0;
  bool stopped_ = false;
};

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// What `weir load` sends and when: bodies, most of which are built before the clock starts, and a
// plan that says when the next one is due and when it is over. Pure: no sockets, no clock. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/gzip.hpp"
#include "tools/load/load_lines.hpp"
#include "tools/load/load_options.hpp"

namespace weir {

/// The body of one request, or one datagram, ready to be sent.
struct load_piece {
  /// Over HTTP it may be compressed. Valid as long as its source, or until the buffer changes that
  /// it was made in.
  std::string_view bytes;
  std::uint64_t lines = 0;
  /// Of the lines themselves, not compressed.
  std::uint64_t line_bytes = 0;
  /// Among the lines.
  bad_counts bad{};
  /// The number of the database that it is for, where --databases gives several.
  std::uint64_t database = 0;
};

/// Pieces that were built before and are sent in order, then from the start again. All lines in it
/// differ, because time goes on from one to the next; a run that goes round sends the same points
/// again.
class load_ring {
 public:
  /// The piece with this number, counted from 0, with at most `lines_left` lines.
  [[nodiscard]] load_piece at(std::uint64_t number, std::uint64_t lines_left) const;
  [[nodiscard]] std::size_t size() const noexcept { return pieces_.size(); }
  [[nodiscard]] std::uint64_t lines() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept { return arena_.size(); }

 private:
  friend class load_source;
  struct extent {
    std::size_t offset = 0;
    std::size_t length = 0;
    std::uint64_t lines = 0;
    std::uint64_t line_bytes = 0;
    bad_counts bad{};
  };
  class builder;
  [[nodiscard]] load_piece piece_of(const extent& part) const noexcept;

  std::string arena_;
  std::vector<extent> pieces_;
  /// Over HTTP: the body with the lines that are left when `lines` is no multiple of `batch`.
  std::optional<extent> last_;
};

/// What a run sends: pieces of a ring, or, where lines have to go on past any ring (options.
/// makes_lines_while_sending), pieces that are made when they are asked for.
class load_source {
 public:
  /// Requires: options that check_load made, which outlive it. Fails when a single line does not
  /// fit a datagram.
  [[nodiscard]] static result<load_source> build(const load_options& options);

  /// The next piece, with at most `lines_left` lines, so long after the run's beginning. What has
  /// to be made is made in `buffer`.
  [[nodiscard]] load_piece next(std::uint64_t lines_left, std::int64_t elapsed_ns,
                                std::string& buffer);

  [[nodiscard]] const load_ring& ring() const noexcept { return ring_; }
  [[nodiscard]] const load_lines& lines() const noexcept { return *lines_; }

 private:
  explicit load_source(const load_options& options);
  [[nodiscard]] load_piece make(std::uint64_t lines_left, std::int64_t elapsed_ns,
                                std::string& buffer);

  const load_options* options_;
  std::unique_ptr<load_lines> lines_;
  load_ring ring_;
  std::unique_ptr<gzip_compressor> gzip_;
  std::string body_;
  std::uint64_t pieces_ = 0;
};

/// A request's head up to the empty line, for a body of so many bytes.
void append_request_head(const load_options& options, std::uint64_t database,
                         std::size_t body_bytes, std::string& out);

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

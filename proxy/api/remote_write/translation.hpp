// SPDX-License-Identifier: Apache-2.0
//
// A body that is no line protocol, on its way to be: what a dialect makes of it, and who takes
// that. Interfaces only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "api/verdict.hpp"
#include "http/message.hpp"

namespace weir::api {

/// Why a sample is no line.
enum class left_out : std::uint8_t {
  stale_marker,      // it says that a series ended that no line could hold
  not_finite,        // NaN, +Inf or -Inf
  native_histogram,  // no number
  unwritable,        // a name or a value that line protocol cannot hold
};

/// Takes what a body holds. Nothing of it is kept before the whole body was right.
class translated_lines {
 public:
  virtual ~translated_lines() = default;
  /// Whole lines of line protocol.
  virtual void lines(std::string_view text) = 0;
  /// A series ended, as its sender says. `line`: a whole canonical line that names it, at the time
  /// of its end.
  virtual void series_ended(std::string_view line) = 0;
  /// `text`: the line that it would have been, for people. It is counted as a line that is dropped.
  virtual void leave_out(left_out why, std::string_view text) = 0;
  /// There is memory for so many bytes beside the body. False: the request is to end.
  [[nodiscard]] virtual bool has_room(std::size_t bytes) = 0;
};

/// Of one request.
class body_translation {
 public:
  virtual ~body_translation() = default;
  /// Reads a whole body, of which at most `bytes_max` may come out. An answer where it cannot be
  /// read, or where `has_room` said no (that one is not for the client).
  [[nodiscard]] virtual std::optional<http::response> translate(std::string_view body,
                                                                std::size_t bytes_max,
                                                                translated_lines& to) = 0;
  /// Adds to the answer to the lines what the dialect says besides. `quiet`: a 204 stays one.
  virtual void amend(const write_verdict& verdict, bool quiet, http::response& answer) const = 0;
};

}  // namespace weir::api

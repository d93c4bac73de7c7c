// SPDX-License-Identifier: Apache-2.0
//
// Reads HTTP/1.1 answers as a client needs them: the status, the beginning of the body, and whether
// the connection may be used again. Over llhttp. Pure: bytes in, answers out. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// What weir says of a request's lines in the header X-Weir-Lines.
struct answered_lines {
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
};

/// "accepted=4999, rejected=1, dropped=0"; nothing: it is written in another way.
[[nodiscard]] std::optional<answered_lines> read_answered_lines(std::string_view text);

class response_reader {
 public:
  enum class state : std::uint8_t {
    more,      // the answer is not complete
    complete,  // it is; `keep_alive` says whether another may follow
    damaged,   // not HTTP/1.1, or bytes beyond the answer
  };

  response_reader();
  ~response_reader();
  response_reader(const response_reader&) = delete;
  response_reader& operator=(const response_reader&) = delete;

  /// Before each answer.
  void reset();
  /// Answers 100 to 199 but 101 are skipped. After anything but `more` only `reset` may follow.
  [[nodiscard]] state feed(std::string_view bytes);
  /// The connection's end, which is the end of some answers.
  [[nodiscard]] state finish();

  [[nodiscard]] int status() const noexcept;
  [[nodiscard]] bool keep_alive() const noexcept;
  /// Of X-Weir-Lines, where the answer has it.
  [[nodiscard]] std::optional<answered_lines> lines() const;
  /// At most 300 bytes of the body.
  [[nodiscard]] const std::string& body_begin() const noexcept;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace weir

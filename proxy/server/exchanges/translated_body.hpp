// SPDX-License-Identifier: Apache-2.0
//
// The body of a write that is no line protocol: gathered, and when it is whole, translated into
// lines for the write's job. Thread: the intake loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/remote_write/translation.hpp"
#include "base/memory_budget.hpp"

namespace weir {

class write_job;

class translated_body {
 public:
  /// Of what comes out, at most `bytes_max`. The budget outlives it.
  translated_body(std::unique_ptr<api::body_translation> how, std::size_t bytes_max,
                  memory_budget& memory, std::shared_ptr<memory_share> share);

  /// A piece of the body. False: there is no memory for it.
  [[nodiscard]] bool add(std::string_view piece);
  /// The body is whole: its lines are given to `job`, which is not completed. An answer where it
  /// cannot be read.
  [[nodiscard]] std::optional<http::response> pass_to(write_job& job);
  /// One of the two before found no memory: the request is to end.
  [[nodiscard]] bool short_of_memory() const noexcept { return short_of_memory_; }
  /// And never will: it needs more than a request may have.
  [[nodiscard]] bool too_large() const noexcept { return short_of_memory_ && alone_; }

  void amend(const write_verdict& verdict, bool quiet, http::response& answer) const {
    how_->amend(verdict, quiet, answer);
  }

 private:
  [[nodiscard]] bool grow_to(std::size_t bytes);

  const std::unique_ptr<api::body_translation> how_;
  const std::size_t bytes_max_;
  std::string body_;
  memory_lease lease_;
  bool short_of_memory_ = false;
  bool alone_ = false;
};

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// A value or an error: what std::expected will be once both compilers have it. Errors that a
// client, a server, a disk or a configuration can cause travel in it; nothing is thrown.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace weir {

/// An operation's failure in words that a person can act on.
struct failure {
  std::string message;
};

template <class T, class E = failure>
class [[nodiscard]] result {
 public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// Requires: ok().
  [[nodiscard]] T& value() & {
    WEIR_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    WEIR_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    WEIR_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  /// Requires: !ok().
  [[nodiscard]] const E& error() const {
    WEIR_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

/// For operations that have nothing to return.
struct nothing {};
using outcome = result<nothing>;

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// A value or an error, until both compilers have std::expected. Errors that a client, a server, a
// disk or a configuration can cause are returned in it; nothing is thrown.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/assert.hpp"

namespace weir {

/// Why an operation failed: a message that says what is wrong and, where possible, what to do.
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

/// The value of operations that return none.
struct nothing {};
using outcome = result<nothing>;

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// Where a write goes, also where its request does not say. The intake loop's thread.
#pragma once

#include <optional>
#include <string_view>

#include "api/catalogue.hpp"
#include "api/write_dialect.hpp"

namespace weir {

struct read_target {
  api::write_target is;
  /// The request named none, as its dialect may.
  bool unnamed = false;
};

/// By the request's query. Of a dialect that may leave the database out, that of `unnamed`. The
/// error is the answer to give.
[[nodiscard]] result<read_target, http::response> target_of_write(const api::write_dialect& dialect,
                                                                  std::string_view query,
                                                                  const api::write_target& unnamed);

/// A target without a name is created with its first write: its senders cannot. The answer where it
/// cannot be.
[[nodiscard]] std::optional<http::response> create_unnamed(const api::write_dialect& dialect,
                                                           const read_target& target,
                                                           catalogue& databases);

}  // namespace weir

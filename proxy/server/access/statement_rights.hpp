// SPDX-License-Identifier: Apache-2.0
//
// What a user may have done by statements of InfluxQL. As the server behind carries them out with
// the sink's credentials, what is not known to be harmless needs an administrator. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "api/query/statement.hpp"
#include "http/message.hpp"
#include "users/user_book.hpp"

namespace weir {

struct asked_statements {
  std::string_view path = "/query";
  std::span<const api::statement> all{};
  /// What they are about where they name no database; may be empty.
  std::string_view database{};
  /// The server answers them, not weir.
  bool passed_on = false;
};

/// 403 where the user may not have one of them executed; nothing: all may be.
[[nodiscard]] std::optional<http::response> refuse_statements(const user& by,
                                                              const asked_statements& asked);

}  // namespace weir

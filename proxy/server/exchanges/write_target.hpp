// SPDX-License-Identifier: Apache-2.0
//
// Where a write goes, also where its request does not say. The intake loop's thread.
#pragma once

#include <string_view>

#include "api/catalogue.hpp"
#include "api/write_dialect.hpp"

namespace weir {

/// By the request's query. Of a dialect that may leave the database out, that of `unnamed`, which
/// is created with its first write: its senders cannot. The error is the answer to give.
[[nodiscard]] result<api::write_target, http::response> read_target(
    const api::write_dialect& dialect, std::string_view query, const api::write_target& unnamed,
    catalogue& databases);

}  // namespace weir

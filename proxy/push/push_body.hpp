// SPDX-License-Identifier: Apache-2.0
//
// From the bytes of a push to a document: what its Content-Type and Content-Encoding say. gzip is
// taken off before (http/); snappy is here. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exposition/document.hpp"

namespace weir::push {

enum class body_format : std::uint8_t { text, open_metrics, protobuf };

/// What a Content-Type names; whatever is not known is the classic text, as in the Pushgateway.
[[nodiscard]] body_format format_of(std::string_view content_type) noexcept;

/// Reads `body`, which outlives `into`. The message of a mistake is for the client, 400.
[[nodiscard]] std::optional<std::string> read_body(body_format format, std::string_view body,
                                                   exposition::document& into);

}  // namespace weir::push

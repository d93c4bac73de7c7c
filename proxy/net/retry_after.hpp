// SPDX-License-Identifier: Apache-2.0
//
// The Retry-After header of an answer: seconds, or a date (RFC 9110, 10.2.3). Pure: the clock is
// passed in. How long a server is believed is the asker's part.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

/// Seconds since the epoch of an HTTP date in any of its three forms: `Sun, 06 Nov 1994 08:49:37
/// GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`. Two digits of a year stand
/// for 1969 to 2068.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text);

/// How long `value` asks to wait; a fraction of a second is a whole one, a date that is over is no
/// wait. A date is counted from `date`, the answer's own Date header, where that can be read, since
/// clocks differ; else from `now_s`. Nothing where `value` is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                                    std::string_view date,
                                                                    std::int64_t now_s);

}  // namespace weir

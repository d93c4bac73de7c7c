// SPDX-License-Identifier: Apache-2.0
//
// Whether an address from the configuration can be a server's, by libcurl's own parser.
#pragma once

#include <string>

namespace weir {

/// Says why `url` cannot be a server's; empty if it can. Whether it may have a query is for the
/// configuration to say. Any thread.
[[nodiscard]] std::string url_fault(const std::string& url);

}  // namespace weir

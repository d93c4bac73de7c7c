// SPDX-License-Identifier: Apache-2.0
//
// Does a sink deliver to weir's own listener? Each point would then come back and be delivered
// again without end. Pure: what a name stands for is asked of `machine_names`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// What host names and addresses are on this machine. Either may be empty: then only literal
/// addresses, "localhost" and the loopback networks are known.
struct machine_names {
  /// The numeric addresses of a host, in the order in which the system would use them; none when
  /// the name is not known.
  std::function<std::vector<std::string>(const std::string& host)> resolve;
  /// The numeric addresses of this machine's interfaces.
  std::function<std::vector<std::string>()> own_addresses;
};

/// The first of `listening` ("HOST:PORT", "[IPV6]:PORT"; Unix sockets and port 0 are passed over)
/// that takes what is sent to `url`. Names are resolved only where the port is the same.
[[nodiscard]] std::optional<std::string> own_listener(std::string_view url,
                                                      const std::vector<std::string>& listening,
                                                      const machine_names& names);

/// The real machine. Resolving may wait for a name server.
[[nodiscard]] machine_names this_machine();

}  // namespace weir

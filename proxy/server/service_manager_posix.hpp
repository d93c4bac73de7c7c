// SPDX-License-Identifier: Apache-2.0
//
// Tells the service manager (systemd, `Type=notify`) how weir is. Without one it does nothing.
#pragma once

#include <string_view>

namespace weir {

/// Sends lines such as "READY=1\nSTATUS=..." to the socket that NOTIFY_SOCKET names. Best effort:
/// weir works as well when nobody listens. Control loop's thread.
void notify_service_manager(std::string_view lines);

}  // namespace weir

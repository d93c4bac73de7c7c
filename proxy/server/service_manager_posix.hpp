// SPDX-License-Identifier: Apache-2.0
//
// Notifies the service manager (systemd, `Type=notify`) of weir's state. Without one it does
// nothing.
#pragma once

#include <string_view>

namespace weir {

/// Sends lines such as "READY=1\nSTATUS=..." to the socket that NOTIFY_SOCKET names. Best effort:
/// a failure is journalled, and weir goes on. Control loop's thread.
void notify_service_manager(std::string_view lines);

}  // namespace weir

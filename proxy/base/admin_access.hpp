// SPDX-License-Identifier: Apache-2.0
//
// Who may ask weir to do something other than taking data.
#pragma once

#include <cstdint>

namespace weir {

enum class admin_access : std::uint8_t {
  loopback,  // clients on this machine: of a loopback address, or of a Unix socket
  any,       // everybody who can connect
  off,       // nobody
};

}  // namespace weir

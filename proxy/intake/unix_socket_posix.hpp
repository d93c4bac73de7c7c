// SPDX-License-Identifier: Apache-2.0
//
// Binds Unix sockets: a file that a process left behind is replaced, one of a living process is an
// error that names it, and nobody gets at the socket whom its mode keeps out.
#pragma once

#include "base/result.hpp"
#include "intake/address.hpp"
#include "intake/socket_posix.hpp"

namespace weir {

/// `type` is SOCK_STREAM or SOCK_DGRAM. Non-blocking; a stream's does not listen yet. The file is
/// the caller's to remove.
[[nodiscard]] result<unique_fd> bind_unix_socket(const listen_address& wanted, int type);

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// What `status`, `top` and `tap` have in common: the weir that the arguments, the environment and
// the configuration mean. Reads files and the environment, complains on standard error.
#pragma once

#include <optional>
#include <string>

#include "tools/screen/terminal_posix.hpp"
#include "tools/watch/status_screen.hpp"
#include "tools/watch/watch_command.hpp"
#include "tools/watch/watched_server.hpp"

namespace weir {

/// Nothing: what is wrong has been said, and the exit status is exit_wrong_arguments.
[[nodiscard]] std::optional<watched_server> find_server(const char* command,
                                                        const watch_arguments& given);

/// Says it on standard error, with control characters made visible; gives `status` back.
int complain_of_watch(const char* command, const std::string& words, int status);

/// Of standard output, as it is now.
[[nodiscard]] screen_shape shape_of_output();

}  // namespace weir

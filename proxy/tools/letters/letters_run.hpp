// SPDX-License-Identifier: Apache-2.0
//
// The parts of `weir letters` that send: letters through a running weir, and what a server refused
// to that server. Private to tools/.
#pragma once

#include <string>

#include "base/result.hpp"
#include "config/configuration_place.hpp"
#include "config/settings.hpp"
#include "letters/letter_filter.hpp"
#include "tools/letters/letters_command.hpp"

namespace weir {

/// What the arguments and the configuration mean together.
struct letters_job {
  settings configured{};
  configuration_place place{};
  std::string directory{};
  letter_filter filter{};
  bool unreplayed = false;
  id_set replayed{};
};

/// Which letters of a directory were replayed; none if nothing says so.
[[nodiscard]] result<id_set> load_replayed(const std::string& directory);

/// Both give the exit status.
[[nodiscard]] int run_replay(const letters_arguments& arguments, letters_job& job);
[[nodiscard]] int run_refused(const letters_arguments& arguments, const letters_job& job);

}  // namespace weir

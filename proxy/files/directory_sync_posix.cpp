// SPDX-License-Identifier: Apache-2.0
#include "files/directory_sync_posix.hpp"

#include <filesystem>

namespace weir {

outcome sync_path_to(const std::string& directory, file_system& files) {
  if (const int error = files.sync_directory(directory); error < 0) {
    return failure{directory + ": " + errno_text(error)};
  }
  const auto absolute = std::filesystem::absolute(directory);
  for (auto above = absolute.parent_path(); above != above.root_path();
       above = above.parent_path()) {
    if (files.sync_directory(above.string()) < 0) {
      break;
    }
  }
  return nothing{};
}

}  // namespace weir

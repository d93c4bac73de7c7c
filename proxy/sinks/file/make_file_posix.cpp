// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets that write files, and their directory.
#include "files/directory_remedy_posix.hpp"
#include "files/file_operations.hpp"
#include "sinks/file/file_target_posix.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

result<made_target> make(const sink_settings& settings, const target_environment&) {
  const file_settings& file = *settings.as<file_settings>();
  if (file.directory.empty()) {
    return failure{"a file sink needs a directory"};
  }
  if (outcome directories = make_directories(file.directory); !directories.ok()) {
    return with_remedy(directories.error(), "sink.directory", file.directory);
  }
  return made_target{.http = nullptr, .to = std::make_unique<file_target>(file), .collect = {}};
}

}  // namespace

extern const target_kind file_target_kind;
constinit const target_kind file_target_kind{.name = "file", .keeps_state = false, .make = make};

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// The file of sent samples.
#include "sinks/remote_write/sending/sent_file_posix.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/percent_escape.hpp"
#include "files/file_operations.hpp"
#include "observe/journal.hpp"

namespace weir {

sent_file::sent_file(const std::string& directory, const std::string& sink_name,
                     std::string_view ending)
    : path_(directory + "/" + percent_escape(sink_name) + std::string(ending)) {}

result<std::string> sent_file::load() const {
  result<std::optional<std::string>> text = read_small_file(path_);
  if (!text.ok()) {
    return text.error();
  }
  return text.value() ? std::move(*text.value()) : std::string{};
}

bool sent_file::append(std::string_view bytes) {
  return noted(append_to_file(path_, bytes, {}));
}

bool sent_file::replace(std::string_view bytes) {
  return noted(replace_file(path_, bytes, durability::process));
}

bool sent_file::noted(const outcome& done) const {
  if (!done.ok()) {
    journal_limited("sent file", journal_level::error,
                    fmt::format("what was sent is not kept in {}: {}; after a crash, samples may "
                                "be refused that were stored",
                                path_, done.error().message));
  }
  return done.ok();
}

}  // namespace weir

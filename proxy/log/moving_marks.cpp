// SPDX-License-Identifier: Apache-2.0
#include "log/moving_marks.hpp"

namespace weir {

std::string unended_move(const std::string& directory, file_system& files) {
  entry_kind kind = entry_kind::missing;
  std::string path = directory + "/" + std::string(moving_to_kafka);
  if (files.kind(path, kind) == 0 && kind != entry_kind::missing) {
    return "a move of this log to Kafka was begun and is not ended: run `weir log move --to kafka` "
           "again. To go on here instead, remove " +
           path + " and make the topic anew, which has some of its points already";
  }
  path = directory + "/" + std::string(moving_to_local);
  if (files.kind(path, kind) == 0 && kind != entry_kind::missing) {
    return "a move of a topic to this log was begun and is not ended: run `weir log move --to "
           "local` again. To do without, remove " +
           path + "; the topic has its points still";
  }
  return {};
}

}  // namespace weir

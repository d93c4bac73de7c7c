// SPDX-License-Identifier: Apache-2.0
#include "server/catalogue/drop_book.hpp"

namespace weir {

void drop_book::note(std::string_view database, const partition_ends& ends, std::uint64_t at_ms) {
  const std::lock_guard hold(lock_);
  if (const auto known = drops_.find(database); known != drops_.end()) {
    known->second = {ends, at_ms};
  } else if (drops_.size() < databases_max) {
    drops_.emplace(database, drop{ends, at_ms});
  }
}

std::optional<drop_book::partition_ends> drop_book::since(std::string_view database,
                                                          std::uint64_t ms) const {
  const std::lock_guard hold(lock_);
  const auto known = drops_.find(database);
  if (known == drops_.end() || known->second.at_ms < ms) {
    return std::nullopt;
  }
  return known->second.ends;
}

std::vector<std::pair<std::string, std::int64_t>> drop_book::before(std::int32_t partition) const {
  std::vector<std::pair<std::string, std::int64_t>> out;
  const std::lock_guard hold(lock_);
  for (const auto& [database, each] : drops_) {
    if (const auto end = each.ends.find(partition); end != each.ends.end()) {
      out.emplace_back(database, end->second);
    }
  }
  return out;
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
#include "server/exchanges/write_target.hpp"

#include <functional>
#include <utility>

namespace weir {

result<read_target, http::response> target_of_write(const api::write_dialect& dialect,
                                                    std::string_view query,
                                                    const api::write_target& unnamed) {
  auto parsed = dialect.parse_target(query);
  if (!parsed) {
    return std::move(parsed).error();
  }
  read_target target{.is = std::move(parsed).value()};
  if (dialect.may_name_none && target.is.database.empty()) {
    target.unnamed = true;
    target.is.database = unnamed.database;
    if (target.is.retention_policy.empty()) {
      target.is.retention_policy = unnamed.retention_policy;
    }
  }
  return target;
}

std::size_t target_memory::place_of(std::string_view query) noexcept {
  return std::hash<std::string_view>{}(query) % places;
}

const api::write_target* target_memory::find(const api::write_dialect& dialect,
                                             std::string_view query) const noexcept {
  const known& one = known_[place_of(query)];
  return one.dialect == &dialect && one.query == query ? &one.said : nullptr;
}

void target_memory::keep(const api::write_dialect& dialect, std::string_view query,
                         const api::write_target& said) {
  const bool names_password = query.starts_with("p=") || query.find("&p=") != query.npos;
  if (query.size() <= query_bytes_max && !names_password) {
    known& one = known_[place_of(query)];
    one.dialect = &dialect;
    one.query = query;
    one.said = said;
  }
}

std::optional<http::response> create_unnamed(const api::write_dialect& dialect,
                                             const read_target& target, catalogue& databases) {
  if (!target.unnamed || databases.exists(target.is.database)) {
    return std::nullopt;
  }
  const outcome created = databases.create(target.is.database);
  return created ? std::nullopt : std::optional(dialect.refused(created.error().message));
}

}  // namespace weir

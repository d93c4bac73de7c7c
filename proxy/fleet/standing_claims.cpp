// SPDX-License-Identifier: Apache-2.0
#include "fleet/standing_claims.hpp"

#include <utility>

#include "fleet/shared_record.hpp"

namespace weir {

void standing_claims::take(const kafka_record& record) {
  const auto read = read_shared_record(record);
  if (!read) {
    ++unreadable_;
    return;
  }
  switch (read->kind) {
    case shared_kind::type: {
      claims_of_fields& fields = databases_[read->database];
      std::vector<claim>& claims = fields[{read->measurement, read->field}];
      std::erase_if(claims, [&](const claim& one) { return one.key == record.key; });
      if (read->type) {
        claims.push_back({record.key, *read->type});
      }
      break;
    }
    case shared_kind::database:
    case shared_kind::probe:
    case shared_kind::series:
      break;
    case shared_kind::dropped:
      databases_.erase(read->database);
      break;
  }
}

void standing_claims::each(const std::function<void(const field&)>& visit) const {
  for (const auto& [database, fields] : databases_) {
    for (const auto& [names, claims] : fields) {
      if (claims.empty()) {
        continue;
      }
      field one{.database = database,
                .measurement = names.first,
                .field = names.second,
                .type = claims.front().type,
                .keys = {}};
      for (const claim& each : claims) {
        one.keys.push_back(each.key);
      }
      visit(one);
    }
  }
}

}  // namespace weir

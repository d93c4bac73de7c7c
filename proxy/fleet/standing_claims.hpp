// SPDX-License-Identifier: Apache-2.0
//
// Which claims to types of fields stand in the topic that weirs share, with their names: for those
// who list types or take them out. Pure; takes records in the topic's order.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gate/types/types_text.hpp"
#include "kafka/client.hpp"

namespace weir {

class standing_claims {
 public:
  void take(const kafka_record& record);

  /// A field's type, by the first of its claims.
  struct field {
    std::string database;
    std::string measurement;
    std::string field;
    field_type type = field_type::float64;
    /// Of all its claims: records that a tombstone takes out of the topic.
    std::vector<std::string> keys;
  };
  /// In the order of their names. The views of `visit` are valid during the call.
  void each(const std::function<void(const field&)>& visit) const;
  /// Records that this version cannot read.
  [[nodiscard]] std::size_t unreadable() const noexcept { return unreadable_; }

 private:
  struct claim {
    std::string key;
    field_type type = field_type::float64;
  };
  using claims_of_fields = std::map<std::pair<std::string, std::string>, std::vector<claim>>;

  std::map<std::string, claims_of_fields> databases_;
  std::size_t unreadable_ = 0;
};

}  // namespace weir

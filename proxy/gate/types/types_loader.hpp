// SPDX-License-Identifier: Apache-2.0
//
// Takes the records of the file of types into the gate's memory, as far as limits.types goes, and
// tells of each record of a second reading whether it is superseded. One thread;
// others may use the memory meanwhile.
#pragma once

#include <cstdint>
#include <string>

#include "gate/series/gate_memory.hpp"
#include "gate/types/types_text.hpp"

namespace weir {

class types_loader {
 public:
  enum class loaded : std::uint8_t {
    added,
    replaced,  // an earlier record of the same field, which is superseded
    beyond,    // limits.types: the field is not known
  };

  explicit types_loader(gate_memory& memory) : memory_(memory) {}

  [[nodiscard]] loaded load(const types_record& record);
  /// Whether the field has the record's type, and no other record of this `pass` (1 to 255) has
  /// said so.
  [[nodiscard]] bool is_current(const types_record& record, std::uint8_t pass);

 private:
  /// nullptr: the database is not known, and there is no room for another one.
  [[nodiscard]] database_memory* database_of(const types_record& record);
  [[nodiscard]] wide_hash key_of(const types_record& record);

  gate_memory& memory_;
  // Records of one database and measurement often follow each other.
  database_memory* database_ = nullptr;
  std::string measurement_;
  std::uint64_t measurement_hash_ = 0;
};

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// The type of each field of one database, by a hash of its measurement and name: names themselves
// are in the file of types and in the lines. Bounded by a budget. Thread-safe; lines come here only
// when their shape is not known to be right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/memory_budget.hpp"
#include "gate/series/series_hash.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

class field_types {
 public:
  /// Of one field in a full table; while it grows, up to twice as much.
  static constexpr std::size_t field_bytes = 22;
  /// Of a table's first fields.
  static constexpr std::size_t bytes_least = 1024;

  explicit field_types(memory_budget& budget);

  enum class status : std::uint8_t {
    unknown,  // of `find`: no line and no file gave it a type
    known,
    added,
    full,     // of `add`: no room for another
    claimed,  // as `known`, until other weirs agree or not (type_claims.hpp)
  };
  struct answer {
    status found = status::unknown;
    field_type type = field_type::float64;
  };
  /// `measurement` is a hash of its name.
  [[nodiscard]] static wide_hash key_of(std::uint64_t measurement,
                                        std::string_view field) noexcept {
    return hash_wide(field, measurement);
  }
  [[nodiscard]] answer find(const wide_hash& key) const;
  /// Registers the field unless it has a type. `announce` is called, under the lock, before the
  /// type can be seen by others. `found` is what later calls find.
  template <class Announce>
  [[nodiscard]] answer add(const wide_hash& key, field_type type, Announce announce) {
    const std::unique_lock lock(mutex_);
    if (place* known = seek(key); known != nullptr) {
      if (known->is != status::unknown) {
        return {known->is, known->type};
      }
      announce();
      *known = {.low = known->low, .tag = known->tag, .type = type};
      return {status::added, type};
    }
    if (!room_for_one()) {
      return {status::full, type};
    }
    announce();
    insert(key, type);
    return {status::added, type};
  }
  /// The same of a type that is claimed. Never `added`: `claimed`, where it was.
  [[nodiscard]] answer add_claimed(const wide_hash& key, field_type type);
  /// The field has no type any more; where `only_claimed`, unless others have agreed to it.
  void remove(const wide_hash& key, bool only_claimed);
  /// Gives the field this type, whatever it had: later records of the file count. `full` when
  /// there is no room.
  [[nodiscard]] status set(const wide_hash& key, field_type type);
  /// Whether the field has this type and was not asked for in this `pass` (1 to 255) before.
  [[nodiscard]] bool first_in_pass(const wide_hash& key, field_type type, std::uint8_t pass);
  [[nodiscard]] std::size_t size() const;
  /// Forgets all of them, and gives their memory back.
  void clear();

 private:
  /// `tag` is never 0 in a place that is taken.
  struct place {
    std::uint64_t low = 0;
    std::uint32_t tag = 0;
    field_type type = field_type::float64;
    std::uint8_t pass = 0;
    /// `known`, `claimed`, or `unknown` where the field's type was removed.
    status is = status::known;
  };
  static_assert(sizeof(place) == 16);
  [[nodiscard]] static std::uint32_t tag_of(const wide_hash& key) noexcept {
    return static_cast<std::uint32_t>(key.high) | 1U;
  }
  [[nodiscard]] const place* seek(const wide_hash& key) const noexcept;
  [[nodiscard]] place* seek(const wide_hash& key) noexcept {
    return const_cast<place*>(std::as_const(*this).seek(key));
  }
  [[nodiscard]] bool room_for_one();
  void insert(const wide_hash& key, field_type type) noexcept;
  void put(const place& one) noexcept;

  mutable std::shared_mutex mutex_;
  memory_budget& budget_;
  memory_lease lease_;
  std::vector<place> places_;
  std::size_t used_ = 0;
};

}  // namespace weir

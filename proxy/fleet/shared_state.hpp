// SPDX-License-Identifier: Apache-2.0
//
// What several weirs share, as the records of their topic say it one after the other: into the book
// of claims and the gate's memory go the types of fields, to callbacks the databases that clients
// created or dropped. Every weir takes the same records in the same order, so all know the same.
// Pure; one thread takes records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "fleet/shared_record.hpp"
#include "fleet/shared_series.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/types/type_claims.hpp"
#include "kafka/client.hpp"

namespace weir {

/// A database was dropped.
struct dropped_news {
  std::string_view database;
  /// Before this process began to serve.
  bool is_old = false;
  /// See shared_record.
  const std::map<std::int32_t, std::int64_t>& ends;
  /// When that was written, milliseconds.
  std::int64_t at_ms = 0;
};

class shared_state {
 public:
  struct told {
    /// Called while records are taken. A database was created, or dropped.
    std::function<void(std::string_view database)> created = {};
    /// It was not created after all.
    std::function<void(std::string_view database)> taken_back = {};
    std::function<void(const dropped_news& news)> dropped = {};
  };
  /// All of it outlives this object.
  shared_state(type_claims& claims, gate_memory& remembered)
      : claims_(claims), remembered_(remembered) {}

  /// Series are shared as well; it outlives this object. Before records are taken.
  void share_series(shared_series& series) noexcept { series_ = &series; }
  /// nullptr: series are this process' own.
  [[nodiscard]] shared_series* series() const noexcept { return series_; }

  /// Before records are taken.
  void tell(told whom) { told_ = std::move(whom); }
  void take(const kafka_record& record);
  /// What was there when the process started has been taken.
  void caught_up() noexcept { is_old_ = false; }

  /// Claims of these numbers that wait still cannot be written, or were not seen again. Any thread.
  void fail(std::uint64_t least, std::uint64_t greatest, const std::string& why);

  [[nodiscard]] std::uint64_t records() const noexcept { return records_.load(); }
  /// Records that were passed over: no weir of this version can read them.
  [[nodiscard]] std::uint64_t unreadable() const noexcept { return unreadable_.load(); }
  /// Types for which limits.types had no room: their fields pass unchecked.
  [[nodiscard]] std::uint64_t beyond() const noexcept { return beyond_.load(); }

 private:
  void take_type(const shared_record& record);

  type_claims& claims_;
  gate_memory& remembered_;
  shared_series* series_ = nullptr;
  told told_;
  bool is_old_ = true;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> unreadable_{0};
  std::atomic<std::uint64_t> beyond_{0};
};

}  // namespace weir

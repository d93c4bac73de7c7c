// SPDX-License-Identifier: Apache-2.0
//
// Series between this process and the weirs that share a topic with it: those that lines brought
// here, to be told to the others, and those that the others told of, which are entered as if a line
// had brought them. How that is written is fleet/'s. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "gate/series/gate_memory.hpp"

namespace weir {

class series_news {
 public:
  /// So many wait at most; beyond it `take_missed` says so.
  static constexpr std::size_t waiting_max = 65'536;
  /// So many are sent at once.
  static constexpr std::size_t waiting_usual = 4'096;

  struct item {
    /// Both live as long as the gate's memory.
    const database_memory* database = nullptr;
    const measurement_record* measurement = nullptr;
    std::uint64_t series = 0;
  };

  /// A new series was entered. Loops.
  void add(database_memory& database, const measurement_record& measurement, std::uint64_t series);
  [[nodiscard]] std::vector<item> take();
  /// Not all series that the others should know were noted, since the last of these calls: those in
  /// the table are all to be told of.
  [[nodiscard]] bool take_missed() noexcept;
  /// What was taken could not be told.
  void miss() noexcept;

  /// `send` is called, on a loop's thread, when many wait. Once, before requests come; nullptr
  /// when it may not be called any more.
  void on_many(std::function<void()> send);

 private:
  std::mutex mutex_;
  std::vector<item> waiting_;
  bool missed_ = false;
  std::mutex send_mutex_;
  std::function<void()> send_;
};

/// A series that another weir told of.
struct told_series {
  std::uint64_t series = 0;
  /// Seconds since the epoch.
  std::uint32_t seen_s = 0;
  /// It was new there at that time.
  bool is_new = false;
};

enum class told_entry : std::uint8_t {
  added,
  known,
  no_room,  // the table is full of series that lines brought here
};

/// `measurement`: of this database.
[[nodiscard]] told_entry enter_told(gate_memory& memory, database_memory& database,
                                    measurement_record& measurement, const told_series& told,
                                    std::int64_t now_ns);

}  // namespace weir

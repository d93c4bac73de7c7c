// SPDX-License-Identifier: Apache-2.0
//
// Where a partition_log gets its records from, as far as the log steers it. The source, for its
// part, gives records to the log (partition_log::received) on a thread of its own: a member of a
// consumer group does, for all of its partitions, and a reader_source for one.
#pragma once

#include <cstdint>

namespace weir {

class partition_source {
 public:
  virtual ~partition_source() = default;

  /// The log has enough: no more records for now. What is under way may come. Any thread, also
  /// within `received`; must not call the log, and must not wait.
  virtual void pause() = 0;
  /// Again, from that offset on. The same.
  virtual void resume(std::int64_t offset) = 0;
};

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
#include "fleet/shared_state.hpp"

#include <utility>

namespace weir {

void shared_state::take(const kafka_record& record) {
  records_.fetch_add(1, std::memory_order_relaxed);
  const auto read = read_shared_record(record);
  if (!read) {
    unreadable_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  switch (read->kind) {
    case shared_kind::type:
      take_type(*read);
      break;
    case shared_kind::database:
      if (const auto& tell = read->tombstone ? told_.taken_back : told_.created; tell) {
        tell(read->database);
      }
      break;
    case shared_kind::series:
      if (series_ != nullptr && !series_->take(*read, record)) {
        unreadable_.fetch_add(1, std::memory_order_relaxed);
      }
      break;
    case shared_kind::probe:
      break;
    case shared_kind::dropped:
      if (read->tombstone) {
        break;  // what it dropped is gone from the topic as well
      }
      claims_.dropped(read->database);
      remembered_.forget(read->database, static_cast<std::uint64_t>(record.offset) + 1);
      if (told_.dropped) {
        told_.dropped({.database = read->database,
                       .is_old = is_old_,
                       .ends = read->ends,
                       .at_ms = record.timestamp_ms});
      }
      break;
  }
}

/// Lines see the type before requests that wait for it go on.
void shared_state::take_type(const shared_record& record) {
  const registered_field name{record.database, record.measurement, record.field};
  type_claims::change found = record.type ? claims_.arrived(name, *record.type, record.who)
                                          : claims_.withdrawn(name, record.who);
  if (found.type) {
    found.full = !remembered_.settle_type(name, *found.type, found.replaced);
  } else if (found.replaced) {
    remembered_.remove_type(name);
  } else if (found.full) {
    remembered_.give_up_claimed(name);
  }
  if (found.full) {
    beyond_.fetch_add(1, std::memory_order_relaxed);
  }
  claims_.resolve(found, name);
}

void shared_state::fail(std::uint64_t least, std::uint64_t greatest, const std::string& why) {
  for (const type_claims::waiting& each : claims_.waiting_in(least, greatest)) {
    remembered_.give_up_claimed({each.database, each.measurement, each.field});
    claims_.fail(each.number, why);
  }
}

}  // namespace weir

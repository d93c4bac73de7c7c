// SPDX-License-Identifier: Apache-2.0
//
// The part of a pipeline that clients see as databases, and what it forgets when one is dropped.
#include "observe/journal.hpp"
#include "server/catalogue/dropped_database.hpp"
#include "server/log/open_log.hpp"
#include "server/pipeline_state.hpp"

namespace weir {

outcome pipeline::state::open_created() {
  // Shared databases are in the topic.
  const bool is_shared = configured->log.type == log_type::kafka;
  auto opened = stored_catalogue::open(is_shared ? "" : kept_path(state_entry::databases),
                                       databases, configured->database, promised());
  if (!opened) {
    return opened.error();
  }
  created = std::move(opened).value();
  if (!created->set_aside().empty()) {
    each_database_in(*log, [this](std::string_view name) { created->found_in_log(name); });
  }
  return nothing{};
}

outcome pipeline::state::open_catalogue() {
  auto opened = server_catalogues::open(
      configured,
      {.stored = *created,
       .directory = kept_path(state_entry::catalogue),
       .kept = promised(),
       .may_go = [this](const std::string& sink,
                        const std::string& database) { sinks->may_go(sink, database); },
       .wait_idle =
           [this](const std::string& sink, const std::string& database) {
             // Nothing is under way of one that only takes writes.
             return !has_role(*configured, "sinks") ||
                    wait_until_idle(*sinks, sink, database, std::nullopt);
           },
       .drop_before =
           [this](const std::string& sink, const std::string& database, std::uint64_t before) {
             return !has_role(*configured, "sinks") ||
                    wait_until_idle(*sinks, sink, database, log_position(before));
           },
       .log_end =
           [this] {
             // The log that is written has no positions where it is a topic: a time stands for
             // them.
             return fleet == nullptr ? log->end().number()
                                     : static_cast<std::uint64_t>(clock().wall.ns / 1'000'000);
           }});
  if (!opened) {
    return opened.error();
  }
  catalogue = std::move(opened).value();
  return nothing{};
}

void pipeline::state::forget(std::string_view database) {
  sinks->forget_database(database);
  if (fleet == nullptr) {
    remembered.forget(database);  // else it was forgotten in the topic's order
  }
  if (types != nullptr) {
    if (auto kept = types->keep(); !kept) {
      journal_limited("types", journal_level::warning, kept.error().message);
    }
  }
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
#include "ingest/ingest_journal.hpp"

#include "observe/journal.hpp"

namespace weir {
namespace {

std::string field_of(const gate_sample& sample) {
  return "\"" + sample.field + "\" of measurement \"" + sample.place + "\" in database \"" +
         sample.database + "\"";
}

}  // namespace

void journal_refusals(refusal_summary& refusals, std::int64_t now_ns) {
  if (const auto summary = refusals.take(now_ns)) {
    journal(journal_level::warning, *summary);
  }
}

void journal_samples(gate_memory& memory, std::int64_t now_ns) {
  if (const auto sample = memory.duplicates.take(now_ns)) {
    journal(journal_level::warning,
            "database \"" + sample->database + "\": " + std::to_string(sample->count) +
                " point(s) with the series and time of another and other values, such as " +
                sample->place + " at " + std::to_string(sample->time) +
                "; a database keeps one for each time (key: duplicates)");
  }
  if (const auto sample = memory.repeated_fields.take(now_ns)) {
    journal(journal_level::warning,
            std::to_string(sample->count) + " line(s) with one field twice, such as " +
                field_of(*sample) + "; a database keeps the last value (key: duplicates)");
  }
  if (const auto sample = memory.unchecked.take(now_ns)) {
    journal(journal_level::warning,
            "limits.types is used up: " + std::to_string(sample->count) +
                " field(s) passed unchecked, such as " + field_of(*sample) +
                "; the database's own verdict on their types counts. Raise limits.types, or look "
                "for a sender that makes field names of values");
  }
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// `weir types`: what the file of field types says, and taking fields out of it while weir is
// stopped; where the log is a topic of Kafka, the same of the topic that weirs share, while they
// run. Writes to standard output and error.
#pragma once

#include <string>

#include "config/settings_reader.hpp"

namespace weir {

/// Names as they are meant, without line protocol's escapes; empty: all.
struct types_arguments {
  std::string database;
  std::string measurement;
  std::string field;
};

/// Exit status: 0, or 1 when the file cannot be read, or weir never ran where it should be.
[[nodiscard]] int list_types(const loaded_settings& from, const types_arguments& wanted);

/// Exit status: 0, or 1 when nothing was forgotten and standard error says why.
[[nodiscard]] int forget_types(const loaded_settings& from, const types_arguments& wanted);

}  // namespace weir

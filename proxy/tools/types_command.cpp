// SPDX-License-Identifier: Apache-2.0
#include "tools/types_command.hpp"

#include <cstdio>

#include "base/terminal_text.hpp"
#include "log/file_system.hpp"
#include "pipeline/types_file_posix.hpp"

namespace weir {
namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", visible_lines(why).c_str());
  return 1;
}

bool has_file(const log_settings& log) {
  if (log.type == log_type::local) {
    return true;
  }
  fail("log.type = \"memory\" keeps no types; give the configuration that weir runs with");
  return false;
}

bool matches(const registered_field& name, const types_arguments& wanted) {
  return (wanted.database.empty() || name.database == wanted.database) &&
         (wanted.measurement.empty() || name.measurement == wanted.measurement) &&
         (wanted.field.empty() || name.field == wanted.field);
}

}  // namespace

int list_types(const log_settings& log, const types_arguments& wanted) {
  if (!has_file(log)) {
    return 1;
  }
  const auto reading = read_types_file(log.directory + "/types");
  if (!reading) {
    return fail(reading.error().message);
  }
  for (const auto& [name, type] : reading.value().types) {
    if (matches(name, wanted)) {
      std::string line;
      for (const std::string& each : {name.database, name.measurement, name.field}) {
        std::string spelt;
        append_types_name(each, spelt);
        line += visible(spelt) + '\t';  // clients chose the names
      }
      line.append(name_of(type)).append("\n");
      std::fwrite(line.data(), 1, line.size(), stdout);
    }
  }
  return 0;
}

int forget_types(const log_settings& log, const types_arguments& wanted) {
  if (!has_file(log)) {
    return 1;
  }
  directory_lock lock;
  if (const std::string why = lock.take(log.directory + "/lock"); !why.empty()) {
    return fail(why +
                ": a running weir has the types in memory; stop it, forget, and start it again");
  }
  const auto forgotten =
      forget_types(log.directory + "/types", wanted.database, wanted.measurement, wanted.field);
  if (!forgotten) {
    return fail(forgotten.error().message);
  }
  if (forgotten.value() == 0) {
    return fail("no such field is known; `weir types list` shows those that are");
  }
  std::printf("%zu field(s) forgotten\n", forgotten.value());
  return 0;
}

}  // namespace weir

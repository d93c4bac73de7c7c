// SPDX-License-Identifier: Apache-2.0
#include "tools/types_command.hpp"

#include <cstdio>

#include "log/file_system.hpp"
#include "pipeline/types_file_posix.hpp"
#include "tools/data_directory_posix.hpp"

namespace weir {
namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "weir types: %s\n", why.c_str());
  return 1;
}

/// Says why not.
bool has_file(const loaded_settings& from) {
  std::string why;
  if (from.effective.log.type != log_type::local) {
    why = "log.type = \"memory\" keeps no types; the configuration is " + from.place.words() +
          "; give that which weir runs with (--config FILE)";
  } else {
    why = why_no_log(from.effective.log.directory, from.place);
  }
  if (!why.empty()) {
    fail(why);
  }
  return why.empty();
}

bool matches(const registered_field& name, const types_arguments& wanted) {
  return (wanted.database.empty() || name.database == wanted.database) &&
         (wanted.measurement.empty() || name.measurement == wanted.measurement) &&
         (wanted.field.empty() || name.field == wanted.field);
}

}  // namespace

int list_types(const loaded_settings& from, const types_arguments& wanted) {
  if (!has_file(from)) {
    return 1;
  }
  const log_settings& log = from.effective.log;
  std::size_t shown = 0;
  const auto reading = read_types_file(log.directory + "/types");
  if (!reading) {
    return fail(reading.error().message);
  }
  for (const auto& [name, type] : reading.value().types) {
    if (matches(name, wanted)) {
      ++shown;
      std::string line;
      for (const std::string& each : {name.database, name.measurement, name.field}) {
        append_types_name(each, line);
        line += '\t';
      }
      line.append(name_of(type)).append("\n");
      std::fwrite(line.data(), 1, line.size(), stdout);
    }
  }
  if (shown == 0) {  // not on standard output, which is for programs too
    std::fprintf(stderr, "%s\n",
                 reading.value().types.empty()
                     ? ("no types are known yet in " + log.directory).c_str()
                     : "no field of that name is known");
  }
  return 0;
}

int forget_types(const loaded_settings& from, const types_arguments& wanted) {
  if (!has_file(from)) {
    return 1;
  }
  const log_settings& log = from.effective.log;
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

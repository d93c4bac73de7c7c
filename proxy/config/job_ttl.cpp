// SPDX-License-Identifier: Apache-2.0
#include "config/job_ttl.hpp"

#include "base/text/ascii.hpp"
#include "config/checks/checks.hpp"
#include "config/units.hpp"

namespace weir {

result<std::optional<std::chrono::nanoseconds>> read_ttl(std::string_view text) {
  auto read = parse_duration(text);
  if (read && read.value() && *read.value() < std::chrono::seconds(1)) {
    return failure{"a group lives for a second at least, or \"inf\" for ever"};
  }
  return read;
}

result<job_ttl> read_job_ttl(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return failure{"\"" + std::string(text) +
                   "\" has no colon; write a pattern of jobs and how long their groups live, as in "
                   "\"nightly_*: 26h\""};
  }
  job_ttl made{.pattern = std::string(trimmed(text.substr(0, colon))), .ttl = {}};
  if (std::string problem = check_pattern(made.pattern); !problem.empty()) {
    return failure{std::move(problem)};
  }
  auto ttl = read_ttl(trimmed(text.substr(colon + 1)));
  if (!ttl) {
    return ttl.error();
  }
  made.ttl = ttl.value();
  return made;
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// The row that makes targets that write to standard output. They are of one sink: lines of two
// would mix.
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sinks/stdout/stdout_target_posix.hpp"
#include "sinks/target_kinds.hpp"

namespace weir {
namespace {

/// Who has standard output, while any of its targets lives.
struct owner {
  std::mutex lock;
  std::string sink;
  std::weak_ptr<stdout_stream> stream;
};
owner& standard_output() {
  static owner only;
  return only;
}

result<made_target> make(const sink_settings& settings, const target_environment&) {
  owner& of = standard_output();
  const std::lock_guard hold(of.lock);
  auto stream = of.stream.lock();
  if (stream != nullptr && of.sink != settings.name) {
    return failure{"another sink writes to standard output; one can"};
  }
  if (stream == nullptr) {
    stream = std::make_shared<stdout_stream>(STDOUT_FILENO);
    of.sink = settings.name;
    of.stream = stream;
  }
  return made_target{
      .http = nullptr, .to = std::make_unique<stdout_target>(std::move(stream)), .collect = {}};
}

}  // namespace

extern const target_kind stdout_target_kind;
constinit const target_kind stdout_target_kind{
    .name = "stdout", .keeps_state = false, .make = make};

}  // namespace weir

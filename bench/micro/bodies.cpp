// SPDX-License-Identifier: Apache-2.0
//
// The bodies of bodies.hpp. Not thread-safe.
#include "bodies.hpp"

#include <cstdlib>
#include <map>

namespace weir::bench {
namespace {

void spoil_line(mistake kind, char* begin, char* end) {
  switch (kind) {
    case mistake::at_start:
      *begin = ',';
      return;
    case mistake::at_end:
      end[-1] = 'x';
      return;
    case mistake::open_quote: {
      const std::string_view line{begin, static_cast<std::size_t>(end - begin)};
      begin[line.find('=', line.find(' ')) + 1] = '"';
      return;
    }
  }
}

}  // namespace

std::string_view name_of(mistake kind) noexcept {
  switch (kind) {
    case mistake::at_start:
      return "at_start";
    case mistake::at_end:
      return "at_end";
    case mistake::open_quote:
      return "open_quote";
  }
  return "";
}

void spoil(mistake kind, std::string& body) {
  std::size_t begin = 0;
  for (std::size_t end = body.find('\n'); end != std::string::npos; end = body.find('\n', begin)) {
    spoil_line(kind, body.data() + begin, body.data() + end);
    begin = end + 1;
  }
}

std::size_t body_bytes() {
  const char* const text = std::getenv("WEIR_BENCH_BYTES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::size_t{64'000'000};
}

const std::string& body_of(data_set set) {
  static std::map<data_set, std::string> bodies;
  std::string& body = bodies[set];
  if (body.empty()) {
    body = generate(set, body_bytes(), body_seed);
  }
  return body;
}

const std::string& body_of(mistake kind) {
  static std::map<mistake, std::string> bodies;
  std::string& body = bodies[kind];
  if (body.empty()) {
    body = generate(data_set::tsbs_int, body_bytes(), body_seed);
    spoil(kind, body);
  }
  return body;
}

}  // namespace weir::bench

// SPDX-License-Identifier: Apache-2.0
//
// Any bytes: what is said about a line stays inside it, and every line that is offered instead is
// one that the reader takes. The first byte chooses the unit.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "weir/line_protocol.hpp"

namespace {

void fail(const char* what, std::string_view text) {
  std::fprintf(stderr, "fuzz_repair: %s: '%.*s'\n", what, static_cast<int>(text.size()),
               text.data());
  std::abort();
}

void check(const weir::diagnosis& told, std::string_view text) {
  if (told.kind.empty() || told.title.empty() || told.explanation.empty() || told.remedy.empty()) {
    fail("no words", text);
  }
  if (told.at > text.size() || told.length == 0 || told.column < told.at + 1) {
    fail("a place outside the line", text);
  }
}

void check(const std::vector<weir::repaired_line>& repaired, const weir::parse_options& options,
           std::string_view text) {
  if (repaired.size() > 2) {
    fail("too many lines", text);
  }
  for (const weir::repaired_line& each : repaired) {
    weir::line_reader reader(options);
    reader.feed(each.text);
    reader.finish();
    weir::line_event event = reader.next();
    while (event == weir::line_event::point) {
      event = reader.next();
    }
    if (event == weir::line_event::error || reader.counts().points == 0) {
      fail("a line is offered that is refused", each.text);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::int64_t units[] = {1, 1'000, 1'000'000, 1'000'000'000};
  if (size < 1) {
    return 0;
  }
  weir::parse_options options;
  options.unit_ns = units[data[0] & 3];
  weir::line_reader reader(options);
  reader.feed({reinterpret_cast<const char*>(data) + 1, size - 1});
  reader.finish();
  for (;;) {
    switch (reader.next()) {
      case weir::line_event::error:
        check(weir::diagnose(reader.error(), options.unit_ns), reader.error().text);
        check(weir::repair(reader.error(), options.unit_ns), options, reader.error().text);
        continue;
      case weir::line_event::point: {
        const weir::line_circumstances circumstances{options.unit_ns, false};
        const auto warnings = weir::advise(reader.point(), circumstances);
        for (std::size_t i = 0; i < warnings.size(); ++i) {
          check(warnings[i], reader.point().text);
          check(weir::repair(reader.point(), circumstances, i), options, reader.point().text);
        }
        continue;
      }
      case weir::line_event::more:
        return 0;
    }
  }
}

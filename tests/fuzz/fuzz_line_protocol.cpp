// SPDX-License-Identifier: Apache-2.0
//
// Any bytes: the reader must agree with the reference parser about every line, whatever the body is
// split into and whichever kernel reads it, and what it writes canonically must be read back as the
// same point. The first byte chooses the options, the second where the body is split.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "../reference/reference.hpp"

namespace {

using weir::test::observed;
using weir::test::outcome;

void fail(const char* what, const outcome* line) {
  std::fprintf(stderr, "fuzz_line_protocol: %s\n", what);
  if (line != nullptr) {
    std::fprintf(stderr, "  code %d line %llu text '%s'\n", static_cast<int>(line->code),
                 static_cast<unsigned long long>(line->line), line->text.c_str());
  }
  std::abort();
}

weir::parse_options options_of(std::uint8_t byte) {
  static constexpr std::int64_t units[] = {
      1, 1'000, 1'000'000, 1'000'000'000, 60'000'000'000, 3'600'000'000'000, 1, 1};
  weir::parse_options options;
  options.unit_ns = units[byte & 7];
  options.utf8 = (byte & 8) != 0 ? weir::utf8_policy::pass : weir::utf8_policy::reject;
  options.line_bytes_max = (byte & 16) != 0 ? 24 : options.line_bytes_max;
  return options;
}

void check_lines(const std::vector<outcome>& expected, const std::vector<outcome>& found) {
  for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
    if (!(expected[i] == found[i])) {
      fail("expected", &expected[i]);
    }
  }
  if (expected.size() != found.size()) {
    fail("another number of lines", nullptr);
  }
}

// Among other lines, because near the ends of a piece all kernels leave their lines to one.
void check_kernels(std::string_view body, weir::parse_options options) {
  const std::string amid = weir::test::amid_good_lines(body);
  const std::vector<outcome> expected = weir::test::read_by_reference(amid, options);
  options.kernel = "scalar";
  const observed scalar = weir::test::observe({amid}, options);
  check_lines(expected, scalar.lines);
  for (const std::string_view kernel : weir::kernel_names()) {
    options.kernel = kernel;
    if (!same(scalar, weir::test::observe({amid}, options))) {
      std::fprintf(stderr, "kernel %.*s\n", static_cast<int>(kernel.size()), kernel.data());
      fail("a kernel reads it differently", nullptr);
    }
  }
}

// The canonical form names the same point: tags in order, values of the same bits.
void check_canonical(outcome line, const std::string& canonical) {
  const std::string body = canonical + " 1\n";
  weir::parse_options options;
  options.utf8 = weir::utf8_policy::pass;
  options.take_byte_order_mark = false;
  const observed again = weir::test::observe({body}, options);
  if (again.lines.size() != 1 || again.lines[0].code != weir::parse_code::none) {
    fail("the canonical form is refused", &line);
  }
  if (!weir::test::is_one_line_for_1x(canonical)) {
    fail("InfluxDB splits the canonical form", &line);
  }
  outcome read = again.lines[0];
  std::sort(line.tags.begin(), line.tags.end());
  line.time = 1;
  line.line = 1;
  line.text = read.text;
  line.carriage_return = false;
  for (std::size_t i = 0; i < std::min(line.fields.size(), read.fields.size()); ++i) {
    line.fields[i].text = read.fields[i].text;
  }
  if (!(line == read) || again.canonical[0] != canonical) {
    fail("the canonical form is another point", &line);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const weir::parse_options options = options_of(data[0]);
  const std::string_view body{reinterpret_cast<const char*>(data) + 2, size - 2};
  const std::size_t split = body.size() * data[1] / 255;
  const observed whole = weir::test::observe({body}, options);
  check_lines(weir::test::read_by_reference(body, options), whole.lines);
  if (!same(whole, weir::test::observe({body.substr(0, split), body.substr(split)}, options))) {
    fail("split in two, the body reads differently", nullptr);
  }
  if (body.size() < 512 && !same(whole, weir::test::observe_bytewise(body, options))) {
    fail("byte by byte, the body reads differently", nullptr);
  }
  check_kernels(body, options);
  for (std::size_t i = 0; i < whole.lines.size(); ++i) {
    if (whole.lines[i].code == weir::parse_code::none) {
      check_canonical(whole.lines[i], whole.canonical[i]);
    }
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an exposition, in each of the three formats. What is read is valid UTF-8, has its
// place in the document, and written as text is read back the same; a mistake has its place in the
// body, and words.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text/utf8.hpp"
#include "exposition/open_metrics.hpp"
#include "exposition/protobuf.hpp"
#include "exposition/text_reader.hpp"
#include "exposition/text_writer.hpp"

namespace {

using namespace weir::exposition;

constexpr std::size_t document_bytes_max = std::size_t{1} << 20;

void must(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "fuzz_exposition: %s\n", what);
    std::abort();
  }
}

std::optional<mistake> read(int format, std::string_view body, document& into) {
  switch (format) {
    case 0:
      return read_text(body, into);
    case 1:
      return read_open_metrics(body, into);
    default:
      return read_protobuf(body, into);
  }
}

void check_place(const mistake& wrong, std::string_view body) {
  must(!wrong.message.empty() && wrong.message.find('\n') == std::string::npos, "no line of words");
  must(weir::is_utf8(wrong.message), "words that are no UTF-8");
  must(wrong.line > 0 ? wrong.column > 0 && wrong.line <= body.size() + 1
                      : wrong.offset < body.size(),
       "a place outside of the body");
}

void check_read_back(const document& all) {
  for (const sample& each : all.samples()) {
    must(each.family < all.families().size(), "a family that is none");
    std::string text;
    append_sample(each.name, all.labels_of(each), each.value, text);
    must(weir::is_utf8(text), "no UTF-8");
    document again;
    must(!read_text(text, again).has_value(), "a sample that is not read back");
    const sample& other = again.samples().at(0);
    must(other.name == each.name && other.label_count == each.label_count, "another series");
    must(std::isnan(each.value) ? std::isnan(other.value)
                                : std::bit_cast<std::uint64_t>(each.value) ==
                                      std::bit_cast<std::uint64_t>(other.value),
         "another value");
    for (std::uint32_t i = 0; i < each.label_count; ++i) {
      must(again.labels_of(other)[i].value == all.labels_of(each)[i].value, "another label");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  document all(document_bytes_max);
  if (const auto wrong = read(data[0] % 3, body, all)) {
    check_place(*wrong, body);
  } else {
    check_read_back(all);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/http/support.hpp"

namespace weir::http {
namespace {

using status = chunk_decoder::status;

struct decoded {
  status last = status::more;
  std::string body;
  std::size_t consumed = 0;
};

decoded decode(const std::vector<std::string_view>& pieces) {
  decoded out;
  chunk_decoder decoder;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && out.last != status::done && out.last != status::damaged) {
      const chunk_decoder::step step = decoder.next(piece);
      out.last = step.kind;
      out.body.append(step.data);
      out.consumed += step.consumed;
      piece.remove_prefix(step.consumed);
    }
  }
  return out;
}

TEST(chunk_decoder, reads_chunks_extensions_and_trailers_at_every_split) {
  const std::string bytes =
      "4\r\ncpu \r\n00A;name=\"v;a\"\r\nvalue=1\r\n\n\r\n1;x\r\n\n\r\n"
      "0;last\r\nTrailer: value\r\nEmpty:\r\n\r\nrest";
  test::for_every_split(bytes, [](const std::vector<std::string_view>& pieces) {
    const decoded out = decode(pieces);
    EXPECT_EQ(out.last, status::done);
    EXPECT_EQ(out.body, "cpu value=1\r\n\n\n");
  });
  EXPECT_EQ(decode({bytes}).consumed, bytes.size() - 4);
}

TEST(chunk_decoder, refuses_what_others_might_read_otherwise) {
  for (const std::string_view bytes : {
           std::string_view{"\r\n"},
           std::string_view{";a\r\n"},
           std::string_view{"g\r\n"},
           std::string_view{"-1\r\n"},
           std::string_view{"+1\r\n"},
           std::string_view{"0x1\r\n"},
           std::string_view{" 1\r\n"},
           std::string_view{"1 \r\n"},
           std::string_view{"1\n"},
           std::string_view{"1\rx"},
           std::string_view{"1;a\nb\r\n"},
           std::string_view{"1;a\rb"},
           std::string_view{"1;\0\r\n", 6},
           std::string_view{"1\r\nab\r\n"},
           std::string_view{"1\r\na\n"},
           std::string_view{"1\r\na\rb"},
           std::string_view{"0\r\n\n"},
           std::string_view{"0\r\n\rx"},
           std::string_view{"0\r\nno colon\r\n"},
           std::string_view{"0\r\n: x\r\n"},
           std::string_view{"0\r\n folded: x\r\n"},
           std::string_view{"0\r\na: b\r\n c"},
           std::string_view{"0\r\na: b\nc: d\r\n"},
           std::string_view{"0\r\na: b\rc"},
           std::string_view{"0\r\na: \0\r\n", 9},
           std::string_view{"0000000000000001\r\n"},
           std::string_view{"ffffffffffffffff\r\n"},
       }) {
    test::for_every_split(bytes, [&](const std::vector<std::string_view>& pieces) {
      EXPECT_EQ(decode(pieces).last, status::damaged) << bytes;
    });
  }
}

TEST(chunk_decoder, extensions_and_trailers_are_bounded_over_the_whole_body) {
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "1;abcdefgh\r\nx\r\n";
  }
  EXPECT_EQ(decode({many}).last, status::damaged);
  EXPECT_LT(decode({many}).consumed, std::size_t{600} * 15);
  const std::string trailer =
      "0\r\na: " + std::string(chunk_decoder::trailer_bytes_max, 'x') + "\r\n\r\n";
  EXPECT_EQ(decode({trailer}).last, status::damaged);
  EXPECT_EQ(decode({"1;" + std::string(chunk_decoder::extension_bytes_max, 'x') + "\r\n"}).last,
            status::more);
}

}  // namespace
}  // namespace weir::http

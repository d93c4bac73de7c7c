// SPDX-License-Identifier: Apache-2.0
//
// gzip_inflater against members made by zlib.
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "codec/gzip.hpp"

namespace weir {
namespace {

std::string gzip_with(std::string_view text, int level, gz_header* header = nullptr) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  if (header != nullptr) {
    deflateSetHeader(&stream, header);
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 256, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Lines that compress about as well as metrics do.
std::string lines(std::size_t count) {
  std::string out;
  std::uint64_t random = 42;
  for (std::size_t i = 0; i < count; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    out += "cpu,host=h" + std::to_string(random >> 60) + " value=" + std::to_string(random >> 40) +
           " " + std::to_string(1586844484000000000U + i) + "\n";
  }
  return out;
}

struct inflated {
  inflate_status status = inflate_status::more;
  std::string text;
  bool complete = false;
};

inflated inflate_in(gzip_inflater& inflater, std::string_view bytes, std::size_t piece_bytes,
                    std::uint64_t bound = 1'000'000'000) {
  inflated out;
  inflater.reset(bound);
  while (!bytes.empty() && out.status == inflate_status::more) {
    const std::string piece{bytes.substr(0, piece_bytes)};
    bytes.remove_prefix(piece.size());
    out.status = inflater.feed(piece, [&](std::string_view chunk) {
      EXPECT_LE(chunk.size(), 64U * 1024);
      EXPECT_FALSE(chunk.empty());
      out.text.append(chunk);
    });
  }
  out.complete = inflater.complete();
  return out;
}

TEST(gzip_inflater, members_in_pieces_of_any_size) {
  gzip_inflater inflater;
  const std::string text = lines(3000);
  for (const int level : {0, 1, 6, 9}) {
    const std::string bytes = gzip_with(text, level) + gzip_with("", level) + gzip_with("x", level);
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{8},
          std::size_t{100}, std::size_t{4096}, bytes.size()}) {
      const inflated out = inflate_in(inflater, bytes, piece);
      ASSERT_EQ(out.status, inflate_status::more) << level << ' ' << piece;
      ASSERT_TRUE(out.complete) << level << ' ' << piece;
      ASSERT_TRUE(out.text == text + "x") << level << ' ' << piece;
      ASSERT_EQ(inflater.inflated_bytes(), text.size() + 1);
    }
  }
}

TEST(gzip_inflater, many_small_members) {
  gzip_inflater inflater;
  std::string bytes;
  std::string text;
  for (int i = 0; i < 300; ++i) {
    const std::string one = lines(static_cast<std::size_t>(i % 5));
    bytes += gzip_with(one, 6);
    text += one;
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{64}, bytes.size()}) {
    const inflated out = inflate_in(inflater, bytes, piece);
    ASSERT_TRUE(out.complete && out.text == text) << piece;
  }
}

TEST(gzip_inflater, headers_with_names_comments_and_checksums) {
  gzip_inflater inflater;
  std::string name = "a file name.lp";
  std::string comment = "what it is";
  std::string extra(300, 'e');
  gz_header header{};
  header.name = reinterpret_cast<Bytef*>(name.data());
  header.comment = reinterpret_cast<Bytef*>(comment.data());
  header.extra = reinterpret_cast<Bytef*>(extra.data());
  header.extra_len = 300;
  header.hcrc = 1;
  const std::string bytes = gzip_with("cpu v=1", 6, &header);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const inflated out = inflate_in(inflater, bytes, piece);
    ASSERT_TRUE(out.complete && out.text == "cpu v=1") << piece;
  }
  std::string wrong_sum = bytes;
  const std::size_t at = 10 + 2 + extra.size() + name.size() + 1 + comment.size() + 1;
  wrong_sum[at] = static_cast<char>(wrong_sum[at] ^ 1);
  EXPECT_EQ(inflate_in(inflater, wrong_sum, 1000).status, inflate_status::damaged);
}

TEST(gzip_inflater, every_combination_of_header_fields) {
  gzip_inflater inflater;
  for (unsigned fields = 0; fields < 16; ++fields) {
    std::string name = "n";
    std::string extra = "xy";
    gz_header header{};
    header.name = (fields & 1) != 0 ? reinterpret_cast<Bytef*>(name.data()) : nullptr;
    header.comment = (fields & 2) != 0 ? reinterpret_cast<Bytef*>(name.data()) : nullptr;
    header.extra = (fields & 4) != 0 ? reinterpret_cast<Bytef*>(extra.data()) : nullptr;
    header.extra_len = static_cast<uInt>((fields & 1) != 0 ? extra.size() : 0);
    header.hcrc = (fields & 8) != 0 ? 1 : 0;
    const std::string bytes = gzip_with("cpu v=1", 6, &header);
    for (const std::size_t piece : {std::size_t{1}, bytes.size()}) {
      const inflated out = inflate_in(inflater, bytes, piece);
      ASSERT_TRUE(out.complete && out.text == "cpu v=1") << fields << ' ' << piece;
    }
  }
}

TEST(gzip_inflater, a_stream_cut_anywhere_is_not_complete) {
  gzip_inflater inflater;
  const std::string bytes = gzip_with(lines(20), 6);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const inflated out = inflate_in(inflater, std::string_view{bytes}.substr(0, cut), 1000);
    ASSERT_EQ(out.status, inflate_status::more) << cut;
    ASSERT_FALSE(out.complete) << cut;
  }
}

TEST(gzip_inflater, damage_is_found) {
  gzip_inflater inflater;
  const std::string good = gzip_with(lines(20), 6);
  EXPECT_EQ(inflate_in(inflater, "cpu v=1\ncpu v=2\n", 100).status, inflate_status::damaged);
  EXPECT_EQ(inflate_in(inflater, good + "garbage that is long enough", 1000).status,
            inflate_status::damaged);
  EXPECT_EQ(inflate_in(inflater, good + std::string(64, '\0'), 1000).status,
            inflate_status::damaged);
  EXPECT_EQ(inflate_in(inflater, good + '\0', 1000).status, inflate_status::damaged);
  // What may still become a member is no damage, but the stream may not end with it.
  EXPECT_FALSE(inflate_in(inflater, good + '\x1f', 1000).complete);
  for (std::size_t at = 0; at < good.size(); ++at) {
    if ((at >= 4 && at < 10) || at == good.size() - 9) {
      continue;  // time, compressor, system, and the padding bits of the last deflate byte
    }
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, bad.size()}) {
      const inflated out = inflate_in(inflater, bad, piece);
      ASSERT_FALSE(out.status == inflate_status::more && out.complete) << at << ' ' << piece;
    }
  }
}

TEST(gzip_inflater, the_bound_holds) {
  gzip_inflater inflater;
  const std::string text(1'000'000, 'x');
  const std::string bytes = gzip_with(text, 9);
  EXPECT_TRUE(inflate_in(inflater, bytes, 100, 1'000'000).complete);
  const inflated out = inflate_in(inflater, bytes, 100, 999'999);
  EXPECT_EQ(out.status, inflate_status::too_long);
  EXPECT_LE(out.text.size(), 999'999U);
  // Over several members too.
  EXPECT_EQ(inflate_in(inflater, bytes + bytes, 100, 1'500'000).status, inflate_status::too_long);
}

TEST(gzip_inflater, reset_begins_anew_after_anything) {
  gzip_inflater inflater;
  const std::string good = gzip_with(lines(500), 6);
  for (const std::string& before :
       {std::string{"not gzip at all"}, good.substr(0, good.size() / 2), good.substr(0, 5), good}) {
    static_cast<void>(inflate_in(inflater, before, 17));
    const inflated out = inflate_in(inflater, good, 11);
    ASSERT_TRUE(out.complete && out.text == lines(500));
  }
  inflater.reset(10);
  EXPECT_FALSE(inflater.complete());
}

}  // namespace
}  // namespace weir

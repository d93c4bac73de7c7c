// SPDX-License-Identifier: Apache-2.0
//
// Every decoder: what the encoders of zlib and libzstd made, in pieces of any size, damaged, cut
// off and followed by what does not belong there.
#include "codec/stream_decoder.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "codec/zstd.hpp"
#include "unit/codec/encoders.hpp"

namespace weir {
namespace {

using namespace test;

// Lines that compress about as well as metrics do.
std::string lines(std::size_t count) {
  std::string out;
  std::mt19937_64 random(42);
  for (std::size_t i = 0; i < count; ++i) {
    out += "cpu,host=h" + std::to_string(random() >> 60) +
           " value=" + std::to_string(random() >> 40) + " " +
           std::to_string(1586844484000000000U + i) + "\n";
  }
  return out;
}

struct decoded {
  inflate_status status = inflate_status::more;
  std::string text;
  bool complete = false;

  [[nodiscard]] bool whole() const { return status == inflate_status::more && complete; }
};

decoded decode(stream_decoder& decoder, std::string_view bytes, std::size_t piece_bytes,
               std::uint64_t bound = 1'000'000'000) {
  decoded out;
  decoder.reset(bound);
  while (!bytes.empty() && out.status == inflate_status::more) {
    // A buffer of its own, so that the address sanitizer sees what reads beyond it.
    const std::string piece{bytes.substr(0, piece_bytes)};
    bytes.remove_prefix(piece.size());
    out.status = decoder.feed(piece, [&](std::string_view chunk) {
      EXPECT_LE(chunk.size(), 64U * 1024);
      EXPECT_FALSE(chunk.empty());
      out.text.append(chunk);
    });
  }
  out.complete = decoder.complete();
  return out;
}

struct coding_case {
  std::string name;
  std::function<std::unique_ptr<stream_decoder>()> make;
  std::function<std::string(std::string_view)> encode;
  /// What follows a whole stream may be another one.
  bool repeats = false;
  /// It has a checksum.
  bool checked = true;
};

std::unique_ptr<stream_decoder> two(content_coding first, content_coding second) {
  return decode_twice(make_decoder(first), make_decoder(second));
}

const std::vector<coding_case>& cases() {
  using enum content_coding;
  static const std::vector<coding_case> all{
      {"gzip", [] { return make_decoder(gzip); }, gzip_coded, true},
      {"zlib", [] { return make_decoder(deflate); }, zlib_coded},
      {"bare", [] { return make_decoder(deflate); }, bare_coded, false, false},
      {"zstd", [] { return make_decoder(zstd); }, [](auto text) { return zstd_coded(text); }, true},
      {"zstd_of_gzip", [] { return two(zstd, gzip); },
       [](auto text) { return zstd_coded(gzip_coded(text)); }, true},
      {"deflate_of_zstd", [] { return two(deflate, zstd); },
       [](auto text) { return zlib_coded(zstd_coded(text)); }},
      {"gzip_of_gzip_of_bare", [] { return decode_twice(two(gzip, gzip), make_decoder(deflate)); },
       [](auto text) { return gzip_coded(gzip_coded(bare_coded(text))); }},
  };
  return all;
}

class every_coding : public ::testing::TestWithParam<std::size_t> {
 protected:
  const coding_case& case_ = cases()[GetParam()];
  std::unique_ptr<stream_decoder> decoder_ = case_.make();
};
INSTANTIATE_TEST_SUITE_P(codings, every_coding, ::testing::Range(std::size_t{0}, cases().size()),
                         [](const auto& which) { return cases()[which.param].name; });

TEST_P(every_coding, pieces_of_any_size) {
  const std::string text = lines(3000);
  const std::string bytes = case_.encode(text);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7},
                                  std::size_t{100}, std::size_t{4096}, bytes.size()}) {
    const decoded out = decode(*decoder_, bytes, piece);
    ASSERT_TRUE(out.whole()) << piece;
    ASSERT_TRUE(out.text == text) << piece;
  }
}

TEST_P(every_coding, every_split_of_a_short_stream) {
  for (const std::string_view text : {"", "x", "cpu v=1\n"}) {
    const std::string bytes = case_.encode(text);
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      decoder_->reset(1000);
      std::string out;
      const auto take = [&out](std::string_view chunk) { out.append(chunk); };
      ASSERT_EQ(decoder_->feed(bytes.substr(0, at), take), inflate_status::more);
      ASSERT_EQ(decoder_->feed(bytes.substr(at), take), inflate_status::more);
      ASSERT_TRUE(decoder_->complete()) << text << at;
      ASSERT_EQ(out, text) << at;
    }
  }
}

TEST_P(every_coding, a_stream_cut_anywhere_is_not_complete) {
  const std::string bytes = case_.encode(lines(20));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const decoded out = decode(*decoder_, std::string_view(bytes).substr(0, cut), 1000);
    ASSERT_EQ(out.status, inflate_status::more) << cut;
    ASSERT_FALSE(out.complete) << cut;
  }
}

TEST_P(every_coding, nothing_is_not_complete) {
  EXPECT_FALSE(decode(*decoder_, "", 1).complete);
}

TEST_P(every_coding, what_follows_a_stream) {
  const std::string bytes = case_.encode(lines(20));
  for (const std::string& more : {std::string("garbage that is long enough"), std::string("\0", 1),
                                  std::string(64, '\0'), std::string("\n")}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{64}, std::size_t{10'000}}) {
      ASSERT_FALSE(decode(*decoder_, bytes + more, piece).whole()) << more << piece;
    }
  }
  const decoded again = decode(*decoder_, bytes + bytes, 97);
  EXPECT_EQ(again.whole(), case_.repeats);
  if (case_.repeats) {
    EXPECT_TRUE(again.text == lines(20) + lines(20));
  }
}

TEST_P(every_coding, many_small_streams) {
  // What has one stream only, only once.
  const std::size_t streams = case_.repeats ? 300 : 1;
  std::string bytes;
  std::string text;
  for (std::size_t i = 0; i < streams; ++i) {
    bytes += case_.encode(lines(i % 5));
    text += lines(i % 5);
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{64}, bytes.size()}) {
    const decoded out = decode(*decoder_, bytes, piece);
    ASSERT_TRUE(out.whole()) << piece;
    ASSERT_TRUE(out.text == text) << piece;
  }
}

TEST_P(every_coding, damage_does_no_harm_and_is_found_where_there_is_a_checksum) {
  const std::string text = lines(20);
  const std::string good = case_.encode(text);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, bad.size()}) {
      const decoded out = decode(*decoder_, bad, piece, 1'000'000);
      // Some bits say nothing of the content: a header's time, padding.
      ASSERT_TRUE(!case_.checked || !out.whole() || out.text == text) << at << ' ' << piece;
    }
  }
  EXPECT_FALSE(decode(*decoder_, "cpu v=1\ncpu v=2\n", 100).whole());
}

TEST_P(every_coding, arbitrary_bytes_do_no_harm) {
  std::mt19937 random(7);
  for (int run = 0; run < 2000; ++run) {
    std::string bytes = case_.encode("m v=1\n").substr(0, random() % 12);
    for (std::size_t left = random() % 200; left > 0; --left) {
      bytes += static_cast<char>(random());
    }
    const decoded whole = decode(*decoder_, bytes, bytes.size() + 1, 100'000);
    const decoded split = decode(*decoder_, bytes, 1 + random() % 20, 100'000);
    ASSERT_EQ(whole.whole(), split.whole());
    if (whole.whole()) {
      ASSERT_EQ(whole.text, split.text);
    }
  }
}

TEST_P(every_coding, the_bound_holds) {
  const std::string text(1'000'000, 'x');
  const std::string bytes = case_.encode(text);
  EXPECT_TRUE(decode(*decoder_, bytes, 100, 1'000'000).whole());
  const decoded out = decode(*decoder_, bytes, 100, 999'999);
  EXPECT_EQ(out.status, inflate_status::too_long);
  EXPECT_LE(out.text.size(), 999'999U);
  if (case_.repeats) {
    EXPECT_EQ(decode(*decoder_, bytes + bytes, 100, 1'500'000).status, inflate_status::too_long);
  }
}

TEST_P(every_coding, a_step_hands_out_a_chunk_at_most) {
  const std::string bytes = case_.encode(std::string(1'000'000, 'x'));
  decoder_->reset(1'000'000);
  std::string_view rest = bytes;
  while (!rest.empty() || decoder_->holds_output()) {
    int chunks = 0;
    ASSERT_EQ(decoder_->feed_some(rest, [&](std::string_view) { ++chunks; }), inflate_status::more);
    ASSERT_LE(chunks, 1);
  }
  EXPECT_TRUE(decoder_->complete());
}

TEST_P(every_coding, reset_begins_anew_after_anything) {
  const std::string good = case_.encode(lines(500));
  for (const std::string& before : {std::string{"not coded at all"},
                                    good.substr(0, good.size() / 2), good.substr(0, 1), good}) {
    static_cast<void>(decode(*decoder_, before, 17));
    const decoded out = decode(*decoder_, good, 11);
    ASSERT_TRUE(out.whole() && out.text == lines(500));
  }
}

TEST(deflate, a_zlib_header_that_wants_a_dictionary_is_refused) {
  const auto decoder = make_decoder(content_coding::deflate);
  // 0x78 0xBB: a valid check, with the flag of a dictionary.
  EXPECT_EQ(decode(*decoder, std::string("\x78\xBB\0\0\0\1\3\0", 8), 3).status,
            inflate_status::damaged);
}

TEST(zstd, frames_to_be_skipped_hold_nothing) {
  const auto decoder = make_decoder(content_coding::zstd);
  const std::string skipped = std::string("\x5A\x2A\x4D\x18\4\0\0\0note", 12);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
    const decoded out =
        decode(*decoder, skipped + zstd_coded("cpu v=1\n") + skipped + zstd_coded("x"), piece);
    EXPECT_TRUE(out.whole());
    EXPECT_EQ(out.text, "cpu v=1\nx");
  }
}

TEST(zstd, a_frame_is_damaged_or_not_however_it_comes) {
  using namespace std::string_view_literals;
  const auto decoder = make_decoder(content_coding::zstd);
  // Its header says 44 bytes, and its only block is empty; then one that says nothing.
  const std::string_view empty = "\x28\xB5\x2F\xFD\x20\x2C\x01\x00\x00"sv;
  const std::string_view honest = "\x28\xB5\x2F\xFD\x20\x00\x01\x00\x00"sv;
  // The same with a block of one byte before the empty one.
  const std::string_view short_of = "\x28\xB5\x2F\xFD\x20\x2C\x08\x00\x00x\x01\x00\x00"sv;
  // No bytes, by a byte that is repeated no times: libzstd takes it in one piece alone.
  const std::string_view odd = "\x28\xB5\x2F\xFD\x20\x00\x03\x00\x00\x5B"sv;
  for (std::size_t piece = 1; piece <= short_of.size(); ++piece) {
    EXPECT_FALSE(decode(*decoder, odd, piece).whole()) << piece;
    EXPECT_FALSE(decode(*decoder, empty, piece).whole()) << piece;
    EXPECT_FALSE(decode(*decoder, short_of, piece).whole()) << piece;
    EXPECT_FALSE(decode(*decoder, zstd_coded("x") + std::string(empty), piece).whole()) << piece;
    EXPECT_TRUE(decode(*decoder, honest, piece).whole()) << piece;
  }
}

TEST(zstd, what_older_formats_begin_with_is_damage) {
  const auto decoder = make_decoder(content_coding::zstd);
  for (unsigned char version = 0x1E; version <= 0x27; ++version) {
    const std::string bytes =
        std::string{static_cast<char>(version)} + "\xB5\x2F\xFD" + std::string(40, '\1');
    EXPECT_EQ(decode(*decoder, bytes, 7).status, inflate_status::damaged) << int{version};
  }
}

TEST(zstd, a_wide_window_is_refused_before_memory_is_taken) {
  zstd_decoder decoder;
  const std::size_t idle = decoder.held_bytes();
  const std::string text = lines(100);
  EXPECT_EQ(decode(decoder, zstd_coded(text, 3, zstd_decoder::window_log_max + 1), 5).status,
            inflate_status::too_wide);
  EXPECT_LT(decoder.held_bytes(), idle + 1024 * 1024);
  const decoded out = decode(decoder, zstd_coded(text, 3, zstd_decoder::window_log_max), 5);
  EXPECT_TRUE(out.whole() && out.text == text);
  EXPECT_GT(decoder.held_bytes(), std::size_t{8} << 20) << "what it says grows with the window";
}

}  // namespace
}  // namespace weir

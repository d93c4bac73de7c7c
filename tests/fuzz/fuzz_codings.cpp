// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary bytes, at arbitrary splits, into every decoder of bodies. However they are split, the
// same text comes out or the stream is not whole; bounds hold; every stream ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "codec/stream_decoder.hpp"

namespace {

using namespace weir;

constexpr std::uint64_t bytes_max = 100'000;

void must(bool condition) {
  if (!condition) {
    std::abort();
  }
}

struct decoded {
  bool whole = false;
  std::string text;
};

decoded decode(stream_decoder& decoder, std::string_view bytes, std::size_t piece_bytes) {
  decoded out;
  decoder.reset(bytes_max);
  inflate_status status = inflate_status::more;
  while (!bytes.empty() && status == inflate_status::more) {
    // A buffer of its own, so that the address sanitizer sees what reads beyond it.
    const std::string piece{bytes.substr(0, piece_bytes)};
    bytes.remove_prefix(piece.size());
    std::string_view rest = piece;
    for (int steps = 0; status == inflate_status::more && (!rest.empty() || decoder.holds_output());
         ++steps) {
      must(steps < 100'000);
      status = decoder.feed_some(rest, [&](std::string_view chunk) {
        must(!chunk.empty() && chunk.size() <= 65'536);
        out.text.append(chunk);
      });
    }
    must(out.text.size() <= bytes_max);
  }
  out.whole = status == inflate_status::more && decoder.complete();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  using enum content_coding;
  static const std::unique_ptr<stream_decoder> decoders[] = {
      make_decoder(gzip), make_decoder(deflate), make_decoder(zstd),
      decode_twice(make_decoder(zstd), make_decoder(deflate))};
  stream_decoder& decoder = *decoders[data[0] % std::size(decoders)];
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  const decoded whole = decode(decoder, bytes, std::max<std::size_t>(1, bytes.size()));
  const decoded split = decode(decoder, bytes, std::size_t{1} + data[1]);
  must(whole.whole == split.whole);
  must(!whole.whole || whole.text == split.text);
  return 0;
}

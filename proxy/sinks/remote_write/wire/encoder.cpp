// SPDX-License-Identifier: Apache-2.0
//
// What the encoders of both versions share. Pure.
#include "sinks/remote_write/wire/encoder.hpp"

#include <snappy.h>

namespace weir {

std::string request_encoder::compressed(std::string_view message) {
  const std::size_t most = snappy::MaxCompressedLength(message.size());
  if (most > room_bytes_) {
    room_ = std::make_unique_for_overwrite<char[]>(most);
    room_bytes_ = most;
  }
  std::size_t bytes = 0;
  snappy::RawCompress(message.data(), message.size(), room_.get(), &bytes);
  return {room_.get(), bytes};
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the connection share: a router that writes down what it is given, a driver that
// feeds bytes in any pieces, and zlib as an independent source of gzip.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/connection.hpp"

namespace weir::http::test {

inline constexpr std::int64_t second_ns = 1'000'000'000;
/// 2020-04-14T06:08:04Z, on a machine that runs for 77 seconds.
inline constexpr moment start{.steady = {77 * second_ns}, .wall = {1586844484 * second_ns}};
/// The same `by_ns` nanoseconds later, on both clocks.
constexpr moment after_start(std::int64_t by_ns) {
  return {.steady = {start.steady.ns + by_ns}, .wall = {start.wall.ns + by_ns}};
}

/// One gzip member, made by zlib.
inline std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A gzip member of `count` zeros, a thousandth of their size.
inline std::string gzip_of_zeros(std::uint64_t count) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::vector<Bytef> zeros(1 << 20, 0);
  std::vector<Bytef> room(1 << 16);
  std::string out;
  while (count > 0 || stream.avail_out == 0) {
    if (stream.avail_in == 0 && count > 0) {
      const std::uint64_t step = count < zeros.size() ? count : zeros.size();
      stream.next_in = zeros.data();
      stream.avail_in = static_cast<uInt>(step);
      count -= step;
    }
    stream.next_out = room.data();
    stream.avail_out = static_cast<uInt>(room.size());
    deflate(&stream, count == 0 ? Z_FINISH : Z_NO_FLUSH);
    out.append(reinterpret_cast<const char*>(room.data()), room.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

/// Answers "METHOD TARGET BODY" at once, unless the path says otherwise:
///   /refuse   answered 503 before its body
///   /later    answered by the test
///   /early    answered 400 at the first piece of its body
///   /query    takes no body
class recording_router : public router {
 public:
  struct request {
    std::string target;
    std::string body;
    bool complete = false;
  };
  std::vector<request> requests;
  std::vector<body_failure> failures;
  std::size_t alive = 0;
  std::size_t encodings_ignored = 0;
  connection* waiting = nullptr;

  std::unique_ptr<exchange> open(const request_head& head, connection& on) override;
};

class recording_exchange : public exchange {
 public:
  recording_exchange(recording_router& owner, connection& on, std::string_view path)
      : owner_(owner), on_(on), at_(owner.requests.size() - 1), path_(path) {
    ++owner_.alive;
  }
  ~recording_exchange() override { --owner_.alive; }

  void body(std::string_view piece) override {
    owner_.requests[at_].body.append(piece);
    if (path_ == "/early") {
      on_.answer(text(400, "early"));
    }
  }
  void complete() override {
    owner_.requests[at_].complete = true;
    if (path_ == "/later") {
      owner_.waiting = &on_;
      return;
    }
    on_.answer(text(200, owner_.requests[at_].target + " " + owner_.requests[at_].body));
  }
  response fail(body_failure why) override {
    owner_.failures.push_back(why);
    return text(status_of(why), "failed");
  }

  bool takes_body() const override { return path_ != "/query"; }
  bool reads_snappy() const override { return path_ == "/snappy"; }
  void encoding_ignored() override { ++owner_.encodings_ignored; }

  static response text(int status, std::string body) {
    response out;
    out.status = status;
    out.content_type = "text/plain";
    out.body = std::move(body);
    return out;
  }

 private:
  static int status_of(body_failure why) {
    switch (why) {
      case body_failure::too_large:
      case body_failure::too_dense:
        return 413;
      case body_failure::too_wide:
      case body_failure::unknown_encoding:
        return 415;
      case body_failure::length_unknown:
        return 411;
      case body_failure::timeout:
        return 408;
      case body_failure::overloaded:
      case body_failure::stalled:
        return 503;
      case body_failure::damaged_gzip:
      case body_failure::damaged_deflate:
      case body_failure::damaged_zstd:
      case body_failure::truncated:
      case body_failure::cut_off:
        break;
    }
    return 400;
  }

  recording_router& owner_;
  connection& on_;
  std::size_t at_;
  std::string path_;
};

inline std::unique_ptr<exchange> recording_router::open(const request_head& head, connection& on) {
  requests.push_back({std::string{head.target}, {}, false});
  if (head.path == "/refuse") {
    on.answer(recording_exchange::text(503, "refused"));
  }
  return std::make_unique<recording_exchange>(*this, on, head.path);
}

/// The same with a budget for what its connections hold.
class budgeted_router : public recording_router {
 public:
  explicit budgeted_router(std::size_t bytes) : budget(bytes) {}
  memory_budget* memory() noexcept override { return &budget; }
  void answer_lost() override { ++answers_lost; }

  memory_budget budget;
  int answers_lost = 0;
};

/// Takes a byte for each unit of work.
class costly_exchange : public recording_exchange {
 public:
  using recording_exchange::recording_exchange;
  std::size_t take(std::string_view piece, turn_work& work) override {
    const std::size_t taken = std::min(piece.size(), work.left());
    work.spend(taken);
    body(piece.substr(0, taken));
    return taken;
  }
};

class costly_router final : public budgeted_router {
 public:
  explicit costly_router(std::size_t bytes = std::size_t{1} << 30) : budgeted_router(bytes) {}
  std::unique_ptr<exchange> open(const request_head& head, connection& on) override {
    requests.push_back({std::string{head.target}, {}, false});
    return std::make_unique<costly_exchange>(*this, on, head.path);
  }
};

/// A connection's whole life: bytes in, in the given pieces, then what came of it.
struct outcome_of_bytes {
  std::string output;
  std::vector<recording_router::request> requests;
  std::vector<body_failure> failures;
  bool closed = false;
};

inline outcome_of_bytes feed(const std::vector<std::string_view>& pieces,
                             const connection_limits& limits = {}) {
  recording_router router;
  outcome_of_bytes out;
  connection subject{router, limits, start};
  for (const std::string_view piece : pieces) {
    subject.receive(std::string{piece}, start);  // a copy: views must not outlive the call
    out.output.append(subject.output());
    subject.output().clear();
  }
  out.closed = subject.wants_close();
  out.requests = router.requests;
  out.failures = router.failures;
  return out;
}

inline bool same(const outcome_of_bytes& left, const outcome_of_bytes& right) {
  if (left.output != right.output || left.closed != right.closed ||
      left.failures != right.failures || left.requests.size() != right.requests.size()) {
    return false;
  }
  for (std::size_t i = 0; i < left.requests.size(); ++i) {
    if (left.requests[i].target != right.requests[i].target ||
        left.requests[i].complete != right.requests[i].complete ||
        (left.requests[i].complete && left.requests[i].body != right.requests[i].body)) {
      return false;
    }
  }
  return true;
}

/// Calls `check(pieces)` with the bytes whole, cut at every place, and byte by byte.
template <class Check>
void for_every_split(std::string_view bytes, Check check) {
  check(std::vector<std::string_view>{bytes});
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    check(std::vector<std::string_view>{bytes.substr(0, cut), bytes.substr(cut)});
  }
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    single.push_back(bytes.substr(i, 1));
  }
  check(single);
}

}  // namespace weir::http::test

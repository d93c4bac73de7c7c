// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary bytes, at arbitrary splits, into a connection with small limits. However they are
// split, the same answers and the same whole bodies must come out; limits hold; nothing is left
// alive.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/connection.hpp"

namespace {

using namespace weir::http;

constexpr std::uint64_t body_bytes_max = 700;

void must(bool condition) {
  if (!condition) {
    std::abort();
  }
}

struct record {
  std::vector<std::string> bodies;  // of complete requests, with their targets
  std::string output;
  std::size_t alive = 0;
  connection* waiting = nullptr;
  bool split_matters = false;
};

class buffering_exchange : public exchange {
 public:
  buffering_exchange(record& into, connection& on, const request_head& head)
      : record_(into), on_(on), target_(head.target), later_(head.query == "later") {
    coded_ = head.header("content-encoding").has_value();
    // In HTTP/1.1 kept alive, whether a body without a length is noticed depends on the split.
    takes_body_ = head.version_1_0 || !head.keep_alive;
    ++record_.alive;
  }
  ~buffering_exchange() override {
    --record_.alive;
    if (record_.waiting == &on_) {
      record_.waiting = nullptr;
    }
  }
  void body(std::string_view piece) override {
    body_.append(piece);
    must(body_.size() <= body_bytes_max);
  }
  void complete() override {
    record_.bodies.push_back(target_ + " " + body_);
    if (later_) {
      record_.waiting = &on_;
      return;
    }
    on_.answer(response{});
  }
  bool takes_body() const override { return takes_body_; }
  response fail(body_failure why) override {
    response out;
    out.status = 400;
    out.body = std::to_string(static_cast<int>(why));
    // Whether damage is found before too much came out of a coded body depends on how it was split.
    if (coded_ && (why == body_failure::damaged_gzip || why == body_failure::damaged_deflate ||
                   why == body_failure::damaged_zstd || why == body_failure::too_large)) {
      out.body = "coded";
      out.close = true;
    }
    return out;
  }

 private:
  record& record_;
  connection& on_;
  std::string target_;
  std::string body_;
  bool later_;
  bool coded_;
  bool takes_body_;
};

class buffering_router : public router {
 public:
  explicit buffering_router(record& into) : record_(into) {}
  std::unique_ptr<exchange> open(const request_head& head, connection& on) override {
    if (head.path == "/no") {
      // What has come behind the head tells whether it has a body and the connection goes on.
      const bool has_length = head.content_length.has_value() || head.chunked;
      record_.split_matters = record_.split_matters || !has_length;
      response out;
      out.status = 503;
      on.answer(std::move(out));
    }
    return std::make_unique<buffering_exchange>(record_, on, head);
  }

 private:
  record& record_;
};

void take_output(connection& from, record& into) {
  into.output.append(from.output());
  from.output().clear();
}

void take_turns(connection& subject, record& into, std::size_t units, const weir::moment& now) {
  for (int turns = 0; subject.wants_turn(); ++turns) {
    must(turns < 100'000);
    weir::turn_work work{units};
    subject.resume(now, work);
    take_output(subject, into);
  }
}

// Splits come from the numbers that `seed` makes; 0: none.
record run(std::string_view bytes, std::uint32_t seed) {
  record out;
  buffering_router router{out};
  connection_limits limits;
  limits.head_bytes_max = 300;
  limits.body_bytes_max = body_bytes_max;
  limits.discard_bytes_max = 900;
  const weir::moment now{.steady = {77'000'000'000}, .wall = {1'586'844'484'000'000'000}};
  {
    connection subject{router, limits, now};
    while (!bytes.empty()) {
      std::size_t length = bytes.size();
      if (seed != 0) {
        seed = seed * 1664525U + 1013904223U;
        length = std::size_t{1} + (seed >> 16) % ((seed >> 28) == 0 ? 200 : 9);
      }
      // A buffer of its own, so that the address sanitizer sees views that outlive the call.
      const std::string piece{bytes.substr(0, length)};
      bytes.remove_prefix(piece.size());
      // In turns of little work, too.
      const std::size_t units =
          seed == 0 ? std::numeric_limits<std::size_t>::max() : 1 + (seed >> 20) % 100;
      weir::turn_work work{units};
      subject.receive(piece, now, work);
      take_output(subject, out);
      take_turns(subject, out, units, now);
      while (out.waiting != nullptr) {
        must(!subject.wants_input());
        out.waiting = nullptr;
        subject.answer(response{});
        subject.resume(now);
        take_output(subject, out);
        take_turns(subject, out, units, now);
      }
      must(subject.wants_input() || subject.wants_close());
    }
    subject.receive_end(now);
    take_output(subject, out);
    must(subject.wants_close());
    must(out.alive == 0);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const record whole = run(bytes, 0);
  const record split = run(bytes, 1U + data[0]);
  if (whole.split_matters || split.split_matters) {
    return 0;
  }
  must(whole.output == split.output);
  must(whole.bodies == split.bodies);
  return 0;
}

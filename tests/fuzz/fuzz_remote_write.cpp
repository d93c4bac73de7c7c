// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a body of remote write, in both versions, as they are and in a snappy block. What
// comes out are whole lines that read as points, or as lines that are refused with a reason; each
// sample is a line or was left out; what is no message has an answer.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "api/remote_write/read_request.hpp"
#include "api/remote_write/remote_write.hpp"
#include "http/message.hpp"
#include "weir/line_protocol.hpp"

namespace {

using namespace weir::api;

constexpr std::size_t bytes_max = std::size_t{1} << 20;

void must(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "fuzz_remote_write: %s\n", what);
    std::abort();
  }
}

class checked_lines final : public translated_lines {
 public:
  void lines(std::string_view text) override {
    must(!text.empty() && text.back() == '\n', "a line that does not end");
    for (const char c : text) {
      lines_ += c == '\n' ? 1 : 0;
    }
    weir::line_reader reader;
    reader.feed(text);
    reader.finish();
    for (;;) {
      const weir::line_event event = reader.next();
      if (event == weir::line_event::more) {
        break;
      }
      ++read_;
    }
  }
  void series_ended(std::string_view line) override {
    must(!line.empty() && line.find('\n') == line.size() - 1, "an end that is not one line");
    ++ended_;
  }
  void leave_out(left_out, std::string_view text) override {
    must(!text.empty(), "nothing was left out");
    ++left_;
  }
  bool has_room(std::size_t bytes) override { return bytes <= 16 * bytes_max; }

  void check(const sample_counts& counts) const {
    must(counts.lines == lines_, "lines that were not counted");
    must(read_ == lines_, "a sample that is not one line");
    must(counts.stale_markers >= ended_, "ends that were not counted");
    must(counts.stale_markers + counts.not_finite + counts.histograms + counts.unwritable ==
             ended_ + left_,
         "samples that were not counted");
  }

 private:
  std::uint64_t lines_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t left_ = 0;
};

void read_message(std::string_view message, bool version_2) {
  checked_lines to;
  series_lines series(to);
  wrong_series wrong;
  const auto failed =
      version_2 ? read_version_2(message, to, series, wrong) : read_version_1(message, series);
  if (failed) {
    must(failed->short_of_memory || !failed->message.empty(), "a failure without a reason");
    return;
  }
  to.check(series.counts());
}

void read_body(std::string_view body, bool version_2) {
  weir::http::request_head head;
  head.headers.push_back(
      {"Content-Type", version_2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request"
                                 : "application/x-protobuf"});
  auto how = prometheus_write().translation(head);
  must(how.ok(), "a version that is none");
  checked_lines to;
  const auto failed = how.value()->translate(body, bytes_max, to);
  must(!failed || failed->status == 400 || failed->status == 413, "another answer");
  weir::http::response answer;
  how.value()->amend({}, false, answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool version_2 = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) {
    read_body(bytes, version_2);
  } else {
    read_message(bytes, version_2);
  }
  return 0;
}

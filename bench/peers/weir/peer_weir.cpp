// SPDX-License-Identifier: Apache-2.0
//
// Weir's parser as the programs beside it run theirs: FILE PASSES, one JSON object on stdout.
// `--unescape` before them also undoes the escapes of every name and string, which weir leaves to
// those who want it and the others do at once. WEIR_KERNEL chooses the kernel; `--kernels` alone
// lists them, best first. bench/README.md says what each number means.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <span>
#include <sstream>
#include <vector>

#include "weir/line_protocol.hpp"

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;

// What was read, added up modulo 2^64.
struct tally {
  std::uint64_t lines = 0;
  std::uint64_t tags = 0;
  std::uint64_t fields = 0;
  std::uint64_t times = 0;
  std::uint64_t names = 0;
  std::uint64_t numbers = 0;
  std::uint64_t strings = 0;
};

using unescape = void(std::string_view, std::string&);

class unescaper {
 public:
  std::string_view operator()(unescape* undo, std::string_view raw) {
    if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) {
      return raw;
    }
    text_.clear();
    undo(raw, text_);
    return text_;
  }

 private:
  std::string text_;
};

std::uint64_t bytes(std::string_view text) {
  std::uint64_t sum = 0;
  for (const char byte : text) {
    sum += static_cast<unsigned char>(byte);
  }
  return sum;
}

std::uint64_t number(double value) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value * 1024));
}

void add_value(const weir::field_view& field, unescaper& plain, tally& sum) {
  switch (field.type) {
    case weir::field_type::float64:
      sum.numbers += number(field.float_value);
      return;
    case weir::field_type::int64:
      sum.numbers += number(static_cast<double>(field.int_value));
      return;
    case weir::field_type::uint64:
      sum.numbers += number(static_cast<double>(field.uint_value));
      return;
    case weir::field_type::boolean:
      sum.numbers += number(field.bool_value ? 1 : 0);
      return;
    case weir::field_type::string:
      sum.strings += bytes(plain(weir::unescape_string, field.string_text()));
      return;
  }
}

void add(const weir::point_view& point, unescaper& plain, tally& sum) {
  ++sum.lines;
  sum.tags += point.tags.size();
  sum.fields += point.fields.size();
  sum.times += static_cast<std::uint64_t>(point.time.value_or(0));
  sum.names += bytes(plain(weir::unescape_measurement, point.measurement));
  for (const weir::tag_view& tag : point.tags) {
    sum.names += bytes(plain(weir::unescape_tag, tag.key));
    sum.names += bytes(plain(weir::unescape_tag, tag.value));
  }
  for (const weir::field_view& field : point.fields) {
    sum.names += bytes(plain(weir::unescape_field_key, field.key));
    add_value(field, plain, sum);
  }
}

// Looks at each name and value as it lies in the line: what is timed.
std::uint64_t touch_as_written(const weir::point_view& point) {
  std::uint64_t sum = point.measurement.size();
  for (const weir::tag_view& tag : point.tags) {
    sum += tag.key.size() + tag.value.size();
  }
  for (const weir::field_view& field : point.fields) {
    sum += field.key.size() + field.text.size() + field.uint_value;  // the bits; 0 of a string
  }
  return sum + static_cast<std::uint64_t>(point.time.value_or(0));
}

// The same of names and strings whose escapes `name` has undone.
template <typename Name>
std::uint64_t touch(const weir::point_view& point, Name name) {
  std::uint64_t sum = name(weir::unescape_measurement, point.measurement).size();
  for (const weir::tag_view& tag : point.tags) {
    sum += name(weir::unescape_tag, tag.key).size();
    sum += name(weir::unescape_tag, tag.value).size();
  }
  for (const weir::field_view& field : point.fields) {
    sum += name(weir::unescape_field_key, field.key).size();
    sum += field.type == weir::field_type::string
               ? name(weir::unescape_string, field.string_text()).size()
               : field.uint_value;  // the bits of the others
  }
  return sum + static_cast<std::uint64_t>(point.time.value_or(0));
}

// Cuts at the last line feed of every 64 KiB.
std::vector<std::string_view> pieces_of(std::string_view body) {
  std::vector<std::string_view> all;
  while (!body.empty()) {
    const std::size_t end = body.substr(0, piece_bytes).rfind('\n') + 1;
    all.push_back(body.substr(0, end));
    body.remove_prefix(end);
  }
  return all;
}

template <typename OnPoint>
void read(weir::line_reader& reader, const std::vector<std::string_view>& pieces,
          OnPoint on_point) {
  reader.reset({});
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    for (;;) {
      const weir::line_event event = reader.next();
      if (event == weir::line_event::more) {
        break;
      }
      if (event == weir::line_event::error) {
        fmt::print(stderr, "line {}: {}\n", reader.error().line, reason(reader.error()));
        std::exit(1);
      }
      const std::span<const weir::point_view> together = reader.upcoming();
      for (const weir::point_view& point : together) {
        on_point(point);
      }
      reader.skip(together.size() - 1);
    }
  }
}

// CPU time of this thread: other programs may run meanwhile.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

template <typename Touch>
double time_pass(weir::line_reader& reader, const std::vector<std::string_view>& pieces,
                 Touch touch_point, std::uint64_t& touched) {
  const double began = cpu_seconds();
  read(reader, pieces, [&](const weir::point_view& point) { touched += touch_point(point); });
  return cpu_seconds() - began;
}

void run(std::string_view body, int passes, bool unescaped) {
  const std::vector<std::string_view> pieces = pieces_of(body);
  weir::line_reader reader;
  unescaper plain;
  tally sum;
  read(reader, pieces, [&](const weir::point_view& point) { add(point, plain, sum); });
  const auto touch_unescaped = [&plain](const weir::point_view& point) {
    return touch(point, std::ref(plain));
  };
  std::vector<double> seconds;
  std::uint64_t touched = 0;
  for (int pass = 0; pass <= passes; ++pass) {  // the first warms up
    const double took = unescaped ? time_pass(reader, pieces, touch_unescaped, touched)
                                  : time_pass(reader, pieces, touch_as_written, touched);
    if (pass > 0) {
      seconds.push_back(took);
    }
  }
  fmt::print(
      "{{\"kernel\":\"{}\",\"bytes\":{},\"tally\":{{\"lines\":{},\"tags\":{},\"fields\":{},"
      "\"times\":{},\"names\":{},\"numbers\":{},\"strings\":{}}},\"seconds\":[{}],\"touched\":{}}}"
      "\n",
      weir::kernel_name(), body.size(), sum.lines, sum.tags, sum.fields, sum.times, sum.names,
      sum.numbers, sum.strings, fmt::join(seconds, ","), touched);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--kernels") == 0) {
    fmt::print("{}\n", fmt::join(weir::kernel_names(), "\n"));
    return 0;
  }
  const bool unescaped = argc > 1 && std::strcmp(argv[1], "--unescape") == 0;
  argv += unescaped ? 1 : 0;
  argc -= unescaped ? 1 : 0;
  std::ifstream file{argc == 3 ? argv[1] : "", std::ios::binary};
  if (!file) {
    fmt::print(stderr, "usage: peer_weir [--unescape] FILE PASSES | --kernels\n");
    return 2;
  }
  std::ostringstream body;
  body << file.rdbuf();
  run(body.str(), std::atoi(argv[2]), unescaped);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// What the tests of write_plan share: batches with bad lines in them, and a server that is made of
// a rule.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/influxdb/write_plan.hpp"
#include "unit/net/replies.hpp"

namespace weir {

using lines_type = std::vector<std::string>;

inline std::string json_error(std::string_view message) {
  std::string out = "{\"error\":\"";
  for (const char one : message) {
    if (one == '\n') {
      out += "\\n";
    } else if (one == '"' || one == '\\') {
      out += '\\';
      out += one;
    } else {
      out += one;
    }
  }
  return out + "\"}\n";
}

inline lines_type split_lines(std::string_view text) {
  lines_type out;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return out;
}

/// An InfluxDB that keeps lines, and answers as the test says.
class scripted_server {
 public:
  using answering = std::function<http_reply(const lines_type&, lines_type& stored)>;
  explicit scripted_server(answering how) : how_(std::move(how)) {}

  http_reply answer(const std::string& body) {
    ++requests;
    bodies.push_back(body);
    return how_(split_lines(body), stored);
  }
  /// Sends the batch whole and lets the plan do the rest.
  attempt_result deliver(const std::string& batch,
                         write_plan::cause why = write_plan::cause::refused) {
    const lane_key lane{"d", ""};
    http_reply reply = answer(batch);
    const auto points = static_cast<std::uint64_t>(std::count(batch.begin(), batch.end(), '\n'));
    write_plan plan(batch, points, why, read_write_answer(reply, lane));
    while (const auto pieces = plan.next()) {
      std::string body;
      for (const std::string_view piece : *pieces) {
        body += piece;
      }
      reply = answer(body);
      plan.take(read_write_answer(reply, lane));
      if (requests > 200) {
        ADD_FAILURE() << "no end";
        break;
      }
    }
    plan_requests = plan.requests();
    return plan.result();
  }

  lines_type stored;
  std::vector<std::string> bodies;
  std::size_t requests = 0;
  std::size_t plan_requests = 0;

 private:
  answering how_;
};

inline std::string batch_of(std::size_t lines, const std::set<std::size_t>& bad,
                            const std::string& bad_field = "v=\"x\"") {
  std::string out;
  for (std::size_t i = 0; i < lines; ++i) {
    out += bad.contains(i) ? fmt::format("m,h=a {} {}\n", bad_field, 1000 + i)
                           : fmt::format("m,h=a v={}i {}\n", i, 1000 + i);
  }
  return out;
}

inline bool is_bad(const std::string& line) {
  return line.find("v=\"") != std::string::npos;
}

inline std::string all_refused(const attempt_result& result) {
  std::string out;
  for (const refused_lines& one : result.refused) {
    out += one.lines;
  }
  return out;
}

inline lines_type good_of(const std::string& batch) {
  lines_type out = split_lines(batch);
  out.erase(std::remove_if(out.begin(), out.end(), is_bad), out.end());
  return out;
}

/// What is stored in the end: the last value of each line, in the order of the last writes.
inline std::set<std::string> as_set(const lines_type& lines) {
  return {lines.begin(), lines.end()};
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
#include "letters/letter.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>

#include "base/text/json_text.hpp"
#include "base/text/rfc3339.hpp"
#include "base/text/utf8.hpp"
#include "codec/base64.hpp"

namespace weir {
namespace {

struct precision {
  std::string_view name;
  std::int64_t unit_ns;
};
constexpr std::array<precision, 7> precisions{{
    {"ns", 1},
    {"u", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"auto", 0},
}};

void append_member(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  append_json_string(text, out);
}

void append_text(std::string_view text, std::string& out) {
  if (is_utf8(text)) {
    append_member("line", text, out);
    return;
  }
  out.append(",\"line_base64\":\"");
  append_base64(text, out);
  out.push_back('"');
}

}  // namespace

std::string_view precision_name(std::int64_t unit_ns) noexcept {
  for (const precision& known : precisions) {
    if (known.unit_ns == unit_ns) {
      return known.name;
    }
  }
  return "ns";
}

std::optional<std::int64_t> precision_unit(std::string_view name) noexcept {
  for (const precision& known : precisions) {
    if (known.name == name) {
      return known.unit_ns;
    }
  }
  return std::nullopt;
}

void append_letter(std::uint64_t id, const letter_header& header, const letter_line& what,
                   std::string& out) {
  out += fmt::format("{{\"id\":{},\"time\":\"{}\",\"time_ns\":{}", id, rfc3339(header.received_ns),
                     header.received_ns);
  append_member("action", what.dropped ? "dropped" : "rejected", out);
  append_member("code", what.code, out);
  append_member("message", what.message, out);
  append_member("database", header.database, out);
  append_member("rp", header.retention_policy, out);
  append_member("precision", precision_name(header.unit_ns), out);
  append_member("listener", header.listener, out);
  append_member("dialect", header.dialect, out);
  append_member("address", header.address, out);
  append_member("user", header.user, out);
  append_member("agent", header.agent, out);
  out += fmt::format(",\"request_line\":{},\"column\":{}", what.line, what.column);
  if (what.cut) {
    out += ",\"cut\":true";
  }
  append_text(what.text, out);
  out += "}\n";
}

struct letter_decoder::state {
  simdjson::dom::parser parser;
};

letter_decoder::letter_decoder() : state_(std::make_unique<state>()) {}
letter_decoder::~letter_decoder() = default;

namespace {

/// Takes members out of an object; remembers whether one was missing or of another type.
class member_reader {
 public:
  explicit member_reader(simdjson::dom::object from) : from_(from) {}

  [[nodiscard]] bool all_there() const noexcept { return all_there_; }
  void text(std::string_view name, std::string& into) {
    std::string_view found;
    if (from_[name].get(found) == simdjson::SUCCESS) {
      into = found;
    } else {
      all_there_ = false;
    }
  }
  template <class number>
  void read(std::string_view name, number& into) {
    if (from_[name].get(into) != simdjson::SUCCESS) {
      all_there_ = false;
    }
  }

 private:
  simdjson::dom::object from_;
  bool all_there_ = true;
};

bool read_line(simdjson::dom::object from, letter_line& into) {
  std::string_view text;
  if (from["line"].get(text) == simdjson::SUCCESS) {
    into.text = text;
    return true;
  }
  if (from["line_base64"].get(text) != simdjson::SUCCESS) {
    return false;
  }
  auto bytes = decode_base64(text);
  if (!bytes) {
    return false;
  }
  into.text = std::move(*bytes);
  return true;
}

}  // namespace

std::optional<letter> letter_decoder::decode(std::string_view line) {
  simdjson::dom::object object;
  if (state_->parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  letter made;
  std::string action;
  std::string unit;
  member_reader members(object);
  members.read("id", made.id);
  members.read("time_ns", made.header.received_ns);
  members.text("action", action);
  members.text("code", made.what.code);
  members.text("message", made.what.message);
  members.text("database", made.header.database);
  members.text("rp", made.header.retention_policy);
  members.text("precision", unit);
  members.text("listener", made.header.listener);
  members.text("dialect", made.header.dialect);
  members.text("address", made.header.address);
  members.text("user", made.header.user);
  members.text("agent", made.header.agent);
  members.read("request_line", made.what.line);
  members.read("column", made.what.column);
  const auto unit_ns = precision_unit(unit);
  if (!members.all_there() || !unit_ns || !read_line(object, made.what)) {
    return std::nullopt;
  }
  made.header.unit_ns = *unit_ns;
  made.what.dropped = action == "dropped";
  bool cut = false;
  made.what.cut = object["cut"].get(cut) == simdjson::SUCCESS && cut;
  return made;
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
//
// One request's head through llhttp, plus what llhttp lets pass and we do not: bare line feeds and
// carriage returns, folded lines, control bytes, transfer codings other than `chunked`, a missing
// or second Host. Pure; any thread.
#include "http/head.hpp"

#include <llhttp.h>

#include <algorithm>
#include <cstring>

#include "base/text/ascii.hpp"
#include "base/text/control_bytes.hpp"

namespace weir::http {
namespace {

// llhttp's callbacks collect here. The head is parsed in one piece, so every span is one piece.
struct reading {
  request_head* out = nullptr;
  std::string_view name;
  std::string_view value;
  bool done = false;
};

// One token from llhttp, which may call more than once for one token: the pieces are neighbours.
void extend(std::string_view& token, const char* at, std::size_t length) noexcept {
  if (token.empty()) {
    token = {at, length};
    return;
  }
  token = {token.data(), static_cast<std::size_t>(at + length - token.data())};
}

// llhttp leaves blanks behind a value.
std::string_view without_blanks(std::string_view value) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!value.empty() && is_blank(value.front())) {
    value.remove_prefix(1);
  }
  while (!value.empty() && is_blank(value.back())) {
    value.remove_suffix(1);
  }
  return value;
}

reading& of(llhttp_t* parser) noexcept {
  return *static_cast<reading*>(parser->data);
}

int on_url(llhttp_t* parser, const char* at, std::size_t length) {
  extend(of(parser).out->target, at, length);
  return 0;
}
int on_header_field(llhttp_t* parser, const char* at, std::size_t length) {
  extend(of(parser).name, at, length);
  return 0;
}
int on_header_value(llhttp_t* parser, const char* at, std::size_t length) {
  extend(of(parser).value, at, length);
  return 0;
}
int on_header_value_complete(llhttp_t* parser) {
  reading& head = of(parser);
  head.out->headers.push_back({head.name, without_blanks(head.value)});
  head.name = {};
  head.value = {};
  return 0;
}
int on_headers_complete(llhttp_t* parser) {
  of(parser).done = true;
  return HPE_PAUSED;  // bodies are framed by connection.cpp
}

const llhttp_settings_t& callbacks() noexcept {
  static const llhttp_settings_t table = [] {
    llhttp_settings_t callbacks;
    llhttp_settings_init(&callbacks);
    callbacks.on_url = on_url;
    callbacks.on_header_field = on_header_field;
    callbacks.on_header_value = on_header_value;
    callbacks.on_header_value_complete = on_header_value_complete;
    callbacks.on_headers_complete = on_headers_complete;
    return callbacks;
  }();
  return table;
}

std::string explain(llhttp_errno_t code) {
  switch (code) {
    case HPE_INVALID_METHOD:
      return "The request's method is not one of HTTP's.";
    case HPE_INVALID_URL:
      return "The request's target is not a URL: percent-encode what is not plain ASCII.";
    case HPE_INVALID_VERSION:
    case HPE_INVALID_CONSTANT:
      return "The first line must be METHOD TARGET HTTP/1.1, with one space between each.";
    case HPE_INVALID_HEADER_TOKEN:
      return "A header line holds a byte that may not stand there.";
    case HPE_UNEXPECTED_SPACE:
      return "A header line holds a space that may not stand there.";
    case HPE_UNEXPECTED_CONTENT_LENGTH:
    case HPE_INVALID_TRANSFER_ENCODING:
      return "The body's length is given more than once (Content-Length, Transfer-Encoding).";
    case HPE_INVALID_CONTENT_LENGTH:
      return "Content-Length is not a decimal number of bytes.";
    default:
      return "The request's head is not HTTP/1.1.";
  }
}

// Exactly one space on either side of the target; llhttp skips further ones.
bool three_words(std::string_view bytes) noexcept {
  const std::string_view line = bytes.substr(0, bytes.find('\r'));
  const std::size_t first = line.find(' ');
  const std::size_t second = first == line.npos ? first : line.find(' ', first + 1);
  return second != line.npos && line.find(' ', second + 1) == line.npos &&
         line.find('\t') == line.npos;
}

// Line ends must be CRLF, lines must not be folded, control bytes must not occur. `bytes` ends with
// the head's empty line.
std::optional<refusal> refuse_bytes(std::string_view bytes) {
  for (std::size_t i = find_control(bytes, 0); i < bytes.size(); i = find_control(bytes, i + 1)) {
    const char byte = bytes[i];
    if (byte == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') {
      if (i + 2 < bytes.size() && (bytes[i + 2] == ' ' || bytes[i + 2] == '\t')) {
        return refusal{400, "A header line begins with a space (folded lines are not served)."};
      }
      ++i;
      continue;
    }
    if (byte == '\n' || byte == '\r') {
      return refusal{400, "A line of the head does not end in CR LF."};
    }
    if (byte != '\t') {
      return refusal{400, "The head holds a control byte."};
    }
  }
  return std::nullopt;
}

// Whether a header's value, a list of tokens, holds one of them.
bool lists(std::string_view value, std::string_view token) noexcept {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    if (equal_ignoring_case(trimmed(value.substr(0, comma)), token)) {
      return true;
    }
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return false;
}

// What the headers say of the connection and of where the body ends.
struct framing_fields {
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  bool coding_is_chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool expect_continue = false;
};

// In one go, and told apart by their lengths first: this is done for each request.
framing_fields framing_fields_of(const request_head& head) noexcept {
  framing_fields found;
  for (const header_field& field : head.headers) {
    switch (field.name.size()) {
      case 4:
        found.hosts += equal_ignoring_case(field.name, "host") ? 1 : 0;
        break;
      case 6:
        if (equal_ignoring_case(field.name, "expect")) {
          found.expect_continue = found.expect_continue || lists(field.value, "100-continue");
        }
        break;
      case 10:
        if (equal_ignoring_case(field.name, "connection")) {
          found.close = found.close || lists(field.value, "close");
          found.keep_alive = found.keep_alive || lists(field.value, "keep-alive");
        }
        break;
      case 14:
        found.lengths += equal_ignoring_case(field.name, "content-length") ? 1 : 0;
        break;
      case 17:
        if (equal_ignoring_case(field.name, "transfer-encoding")) {
          ++found.codings;
          found.coding_is_chunked = equal_ignoring_case(field.value, "chunked");
        }
        break;
      default:
        break;
    }
  }
  return found;
}

// Anything that two servers could frame differently is refused here, whatever llhttp made of it.
std::optional<refusal> refuse_framing(const request_head& head, const framing_fields& count) {
  if (count.lengths + count.codings > 1) {
    return refusal{
        400, "The body's length is given more than once (Content-Length, Transfer-Encoding)."};
  }
  if (count.codings == 1 && !count.coding_is_chunked) {
    return refusal{400, "Transfer-Encoding may only be: chunked."};
  }
  if (count.codings == 1 && head.version_1_0) {
    return refusal{400, "Transfer-Encoding is not part of HTTP/1.0."};
  }
  if (count.hosts > 1 || (count.hosts == 0 && !head.version_1_0)) {
    return refusal{400, "A request of HTTP/1.1 has exactly one Host header."};
  }
  return std::nullopt;
}

method method_of(std::uint8_t code) noexcept {
  switch (code) {
    case HTTP_GET:
      return method::get;
    case HTTP_HEAD:
      return method::head;
    case HTTP_POST:
      return method::post;
    case HTTP_PUT:
      return method::put;
    case HTTP_PATCH:
      return method::patch;
    case HTTP_DELETE:
      return method::del;
    case HTTP_OPTIONS:
      return method::options;
    default:
      return method::other;
  }
}

// "/path?query", or the absolute form "http://host/path?query" that clients send to proxies.
void split_target(request_head& head) noexcept {
  std::string_view rest = head.target;
  const std::size_t scheme = rest.find("://");
  if (!rest.starts_with('/') && scheme != std::string_view::npos) {
    rest.remove_prefix(scheme + 3);
    const std::size_t end = rest.find_first_of("/?");
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
  }
  const std::size_t mark = rest.find('?');
  head.path = rest.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
  if (head.path.empty()) {
    head.path = "/";
  }
}

void fill_head(const llhttp_t& parser, const framing_fields& fields, request_head& out) noexcept {
  out.method = method_of(parser.method);
  out.version_1_0 = parser.http_minor == 0;
  out.chunked = (parser.flags & F_CHUNKED) != 0;
  if ((parser.flags & F_CONTENT_LENGTH) != 0) {
    out.content_length = parser.content_length;
  }
  out.keep_alive = !fields.close && (!out.version_1_0 || fields.keep_alive);
  out.expect_continue = !out.version_1_0 && fields.expect_continue;
  split_target(out);
}

void clear(request_head& head) noexcept {
  std::vector<header_field> kept = std::move(head.headers);
  kept.clear();
  head = request_head{};
  head.headers = std::move(kept);
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned) noexcept {
  while (scanned < bytes.size()) {
    const void* line_feed = std::memchr(bytes.data() + scanned, '\n', bytes.size() - scanned);
    if (line_feed == nullptr) {
      scanned = bytes.size();
      return std::nullopt;
    }
    const auto feed = static_cast<std::size_t>(static_cast<const char*>(line_feed) - bytes.data());
    const std::string_view next = bytes.substr(feed + 1, 2);
    if (next.starts_with('\n')) {
      return feed + 2;
    }
    if (next == "\r\n") {
      return feed + 3;
    }
    if (next.empty() || next == "\r") {
      scanned = feed;  // what follows decides
      return std::nullopt;
    }
    scanned = feed + 1;
  }
  return std::nullopt;
}

std::optional<refusal> refuse_first_byte(char first) {
  if (first >= 'A' && first <= 'Z') {
    return std::nullopt;
  }
  if (first == '\x16') {
    return refusal{400, "This port speaks HTTP without TLS: use http://, not https://."};
  }
  return refusal{400, "This port speaks HTTP: a request begins with a method such as POST."};
}

std::optional<refusal> parse_head(std::string_view bytes, request_head& out) {
  clear(out);
  if (auto refused = refuse_bytes(bytes)) {
    return refused;
  }
  reading head;
  head.out = &out;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &callbacks());
  parser.data = &head;
  const llhttp_errno_t code = llhttp_execute(&parser, bytes.data(), bytes.size());
  // "PRI * HTTP/2.0" is how HTTP/2 without TLS begins.
  if (bytes.starts_with("PRI * HTTP/2") || (head.done && parser.http_major != 1)) {
    return refusal{505, "This port speaks HTTP/1.1 and HTTP/1.0 only."};
  }
  if (code != HPE_PAUSED || !head.done) {
    return refusal{400, explain(code)};
  }
  if (!three_words(bytes)) {
    return refusal{400, explain(HPE_INVALID_VERSION)};
  }
  if (std::any_of(out.headers.begin(), out.headers.end(),
                  [](const header_field& field) { return field.name.empty(); })) {
    return refusal{400, "A header line begins with its colon: it has no name."};
  }
  const framing_fields fields = framing_fields_of(out);
  fill_head(parser, fields, out);
  return refuse_framing(out, fields);
}

}  // namespace weir::http

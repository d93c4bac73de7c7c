// SPDX-License-Identifier: Apache-2.0
//
// The generators behind generate.hpp. They use no library's random distributions, whose results
// differ between standard libraries.
#include "generate.hpp"

namespace weir::bench {
namespace {

constexpr std::string_view regions[] = {"eu-central-1", "us-east-1", "ap-southeast-2", "sa-east-1"};
constexpr std::string_view systems[] = {"Ubuntu15.10", "Ubuntu16.10", "Ubuntu16.04LTS"};
constexpr std::string_view teams[] = {"SF", "NYC", "LON", "CHI"};
constexpr std::string_view stages[] = {"production", "staging", "test"};
constexpr std::string_view cpu_fields[] = {
    "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
    "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};
constexpr std::string_view gauges[] = {"numRecordsIn", "numRecordsOut", "currentInputWatermark",
                                       "buffers_inPoolUsage", "Status_JVM_Memory_Heap_Used"};
constexpr std::string_view operators[] = {"Source:\\ orders", "Filter\\,\\ Map", "window(5\\ s)",
                                          "Sink:\\ upserts"};
constexpr std::string_view meters[] = {"numRecordsInPerSecond", "numBytesOutPerSecond",
                                       "busyTimeMsPerSecond"};
constexpr std::string_view histograms[] = {"latency", "checkpointDuration"};
constexpr std::string_view histogram_fields[] = {"max", "mean", "min", "p50",  "p75",
                                                 "p95", "p98",  "p99", "p999", "stddev"};
constexpr std::string_view words[] = {"connection", "refused", "by",    "peer",
                                      "über",       "日本語",  "retry", "\\\"id\\\"",
                                      "C:\\\\tmp",  "ok",      "naïve", "☃"};
constexpr std::string_view mix_measurements[] = {"cpu",   "mem",    "disk",   "net",
                                                 "nginx", "docker", "kernel", "processes"};
constexpr std::string_view mix_fields[] = {"used", "free",   "total",  "active", "rate",  "errors",
                                           "drop", "uptime", "status", "load",   "queue", "cached"};

template <std::size_t Size>
std::string_view pick(const std::string_view (&list)[Size], std::uint64_t number) {
  return list[number % Size];
}

}  // namespace

std::string_view name_of(data_set set) noexcept {
  switch (set) {
    case data_set::tsbs_int:
      return "tsbs_int";
    case data_set::tsbs_float:
      return "tsbs_float";
    case data_set::flink:
      return "flink";
    case data_set::tiny:
      return "tiny";
    case data_set::text:
      return "text";
    case data_set::mix:
      return "mix";
    case data_set::flink_report:
      return "flink_report";
  }
  return "";
}

std::optional<data_set> find_data_set(std::string_view name) noexcept {
  for (const data_set set : data_sets) {
    if (name_of(set) == name) {
      return set;
    }
  }
  return std::nullopt;
}

line_generator::line_generator(data_set set, std::uint64_t seed, std::int64_t first_time_ns)
    : set_(set), seed_(seed), state_(seed), time_ns_(first_time_ns) {}

// SplitMix64.
std::uint64_t line_generator::random() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

void line_generator::append_line_of(std::uint64_t key, std::string_view tags, std::string& out) {
  state_after_key_ = state_;
  state_ = seed_ ^ (key * 0xd1342543de82ef95U);
  key_tags_ = tags;
  of_key_ = true;
  append_line(out);
}

void line_generator::end_key(std::string& out) {
  if (of_key_) {
    out += key_tags_;
    state_ = state_after_key_;
    of_key_ = false;
  }
}

void line_generator::append_int(std::string& out, std::uint64_t bound) {
  out += std::to_string(below(bound));
}

void line_generator::append_float(std::string& out, std::uint64_t whole_bound, int decimals) {
  append_int(out, whole_bound);
  out += '.';
  for (int i = 0; i < decimals; ++i) {
    out += static_cast<char>('0' + below(10));
  }
}

void line_generator::append_time(std::string& out) {
  time_ns_ += 1'000'000 + static_cast<std::int64_t>(below(1000));
  out += ' ';
  out += std::to_string(time_ns_);
  out += '\n';
}

void line_generator::append_tsbs(std::string& out, bool floats) {
  const std::uint64_t host = below(4000);
  const std::string_view region = pick(regions, host);
  out += "cpu,hostname=host_" + std::to_string(host);
  out.append(",region=").append(region).append(",datacenter=").append(region).append("b");
  out += ",rack=" + std::to_string(host % 100);
  out.append(",os=").append(pick(systems, host / 7));
  out += host % 2 == 0 ? ",arch=x64" : ",arch=x86";
  out.append(",team=").append(pick(teams, host / 3));
  out += ",service=" + std::to_string(host % 20);
  out += ",service_version=" + std::to_string(host % 2);
  out.append(",service_environment=").append(pick(stages, host / 5));
  end_key(out);
  char separator = ' ';
  for (const std::string_view field : cpu_fields) {
    out += separator;
    separator = ',';
    out.append(field) += '=';
    if (floats) {
      append_float(out, 100, 7);
    } else {
      append_int(out, 100);
      out += 'i';
    }
  }
  append_time(out);
}

void line_generator::append_flink_tags(std::string& out, std::uint64_t task) {
  out += ",host=worker-" + std::to_string(task % 8) + ".flink.example.net";
  out += ",job_id=9f1e4c8a7b6d5e3f2a1b0c9d8e7f6a5b,job_name=orders\\ to\\ warehouse";
  out += ",operator_id=cbc357ccb763df2852fee8c4fc7d55f2";
  out.append(",operator_name=").append(pick(operators, task));
  out += ",subtask_index=" + std::to_string(task);
  out += ",task_attempt_num=0,task_name=Source:\\ orders\\ ->\\ Filter\\ ->\\ Map";
  out += ",tm_id=container_1586844081_0007_01_0000" + std::to_string(10 + task % 8);
}

void line_generator::append_flink(std::string& out) {
  const std::uint64_t task = below(64);
  const std::uint64_t gauge = below(5);  // each has a type of its own
  out.append("taskmanager_job_task_operator_").append(pick(gauges, gauge));
  append_flink_tags(out, task);
  end_key(out);
  switch (gauge % 3) {
    case 0:
      out += " value=";
      append_float(out, 2, 3);
      break;
    case 1:
      out += " count=";
      append_int(out, 1'000'000'000);
      out += 'i';
      break;
    default:
      out += " value=";
      append_int(out, 1'000'000'000'000);
      out += 'i';
      break;
  }
  append_time(out);
}

void line_generator::append_flink_report(std::string& out) {
  const std::uint64_t kind = below(10);
  if (kind < 7) {
    return append_flink(out);
  }
  out += "taskmanager_job_task_";
  if (kind < 9) {
    out.append(pick(meters, random()));
    append_flink_tags(out, below(64));
    end_key(out);
    out += " count=";
    append_int(out, 1'000'000'000);
    out += "i,rate=";
    append_float(out, 100'000, 4);
    return append_time(out);
  }
  out.append(pick(histograms, random()));
  append_flink_tags(out, below(64));
  end_key(out);
  out += " count=";
  append_int(out, 1'000'000);
  out += 'i';
  for (const std::string_view field : histogram_fields) {
    out.append(",").append(field) += '=';
    append_float(out, 5000, 3);
  }
  append_time(out);
}

void line_generator::append_tiny(std::string& out) {
  out += "m,t=";
  out += static_cast<char>('a' + below(26));
  end_key(out);
  out += " f=";
  append_int(out, 10);
  append_time(out);
}

void line_generator::append_text(std::string& out) {
  out += "log,app=shop,host=web-" + std::to_string(below(32));
  end_key(out);
  out += " message=\"";
  const std::uint64_t count = 4 + below(20);
  for (std::uint64_t i = 0; i < count; ++i) {
    out.append(i == 0 ? "" : " ").append(pick(words, random()));
  }
  out += "\",level=\"";
  out += below(4) == 0 ? "warn" : "info";
  out += "\",took=";
  append_float(out, 300, 2);
  append_time(out);
}

void line_generator::append_mixed_value(std::string& out, std::uint64_t kind) {
  if (kind < 4) {
    append_float(out, 100'000, static_cast<int>(1 + below(15)));
  } else if (kind < 8) {
    append_int(out, std::uint64_t{1} << (4 + below(44)));
    out += 'i';
  } else if (kind == 8) {
    out += below(2) == 0 ? "true" : "false";
  } else {
    out.append("\"").append(pick(words, random())).append("\"");
  }
}

void line_generator::append_mix(std::string& out) {
  const std::uint64_t measurement = below(40);
  out.append(pick(mix_measurements, measurement)) += '_';
  out += std::to_string(measurement);
  out += ",host=node" + std::to_string(below(200));
  const std::uint64_t tags = measurement % 4;
  for (std::uint64_t i = 0; i < tags; ++i) {
    out += ",tag" + std::to_string(i) + "=v" + std::to_string(below(30));
  }
  end_key(out);
  const std::uint64_t fields = 1 + (measurement * 7) % (measurement % 10 == 0 ? 60 : 12);
  for (std::uint64_t i = 0; i < fields; ++i) {
    out += i == 0 ? ' ' : ',';
    out.append(pick(mix_fields, i));
    out += "_" + std::to_string(i) + "=";
    append_mixed_value(out, (measurement + i) % 10);
  }
  append_time(out);
}

void line_generator::append_line(std::string& out) {
  switch (set_) {
    case data_set::tsbs_int:
      return append_tsbs(out, false);
    case data_set::tsbs_float:
      return append_tsbs(out, true);
    case data_set::flink:
      return append_flink(out);
    case data_set::tiny:
      return append_tiny(out);
    case data_set::text:
      return append_text(out);
    case data_set::mix:
      return append_mix(out);
    case data_set::flink_report:
      return append_flink_report(out);
  }
}

std::string generate(data_set set, std::size_t bytes, std::uint64_t seed) {
  line_generator lines{set, seed};
  std::string out;
  out.reserve(bytes + 4096);
  while (out.size() < bytes) {
    lines.append_line(out);
  }
  return out;
}

}  // namespace weir::bench

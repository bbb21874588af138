#include "bench_report.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <optional>

namespace tenon::model_tool {

namespace {

using kernels::ActivationForm;
using scoring::PartTime;
using scoring::PassBreakdown;
using scoring::PassTime;
using scoring::ThreadLimits;

constexpr std::array kForms = {ActivationForm::Int8x32, ActivationForm::BFloat16,
                               ActivationForm::Float32};

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* form, ...) {
  char text[200];
  va_list values;
  va_start(values, form);
  std::vsnprintf(text, sizeof text, form, values);
  va_end(values);
  return text;
}

// A row of a table: a number or a name a cell, right-aligned for people, apart by tabs for programs.
class Table {
 public:
  Table(bool is_tsv, std::vector<int> widths) : is_tsv_(is_tsv), widths_(std::move(widths)) {}

  Table& cell(const std::string& text) {
    if (is_tsv_)
      text_ += (column_ == 0 ? "" : "\t") + text;
    else
      text_ += formatted("%*s", widths_[column_], text.c_str());
    ++column_;
    return *this;
  }
  /// A number with so many digits behind the point; for a missing one "-", or nothing in TSV.
  Table& cell(std::optional<double> value, int digits) {
    return cell(value ? formatted("%.*f", digits, *value) : is_tsv_ ? "" : "-");
  }
  void end_row() {
    text_ += '\n';
    column_ = 0;
  }
  const std::string& text() const { return text_; }

 private:
  bool is_tsv_;
  std::vector<int> widths_;
  std::size_t column_ = 0;
  std::string text_;
};

std::optional<double> scaled(std::optional<double> value, double factor) {
  if (value) *value *= factor;
  return value;
}

std::string limits_table(const std::vector<ThreadLimits>& limits, bool is_tsv) {
  Table table(is_tsv, {8, 11, 14, 18, 18});
  if (is_tsv)
    table.cell("threads").cell("read_GB_per_second").cell("int8_TOP_per_second");
  else
    table.cell("threads").cell("read GB/s").cell("int8 TOP/s");
  table.cell(is_tsv ? "bfloat16_TFLOP_per_second" : "bfloat16 TFLOP/s");
  table.cell(is_tsv ? "float32_TFLOP_per_second" : "float32 TFLOP/s").end_row();
  for (const ThreadLimits& limit : limits) {
    table.cell(std::to_string(limit.threads)).cell(limit.read_bytes_per_second * 1e-9, 1);
    for (const ActivationForm form : kForms) table.cell(scaled(limit.peak(form), 1e-12), 3);
    table.end_row();
  }
  return table.text();
}

std::string passes_table(const BenchResults& results, bool is_tsv) {
  const bool has_shares = !results.limits.empty();
  Table table(is_tsv, {6, 7, 11, 11, 13, 7, 9, 9});
  const std::vector<std::string> head =
      is_tsv ? std::vector<std::string>{"rows",
                                        "depth",
                                        "min_ms",
                                        "median_ms",
                                        "tokens_per_second",
                                        "GB_per_second",
                                        "read_percent",
                                        "peak_percent"}
             : std::vector<std::string>{"rows",     "depth", "min ms", "median ms",
                                        "tokens/s", "GB/s",  "read %", "peak %"};
  for (std::size_t i = 0; i < head.size() - (has_shares ? 0 : 2); ++i) table.cell(head[i]);
  table.end_row();
  for (const PassTime& pass : results.passes) {
    table.cell(std::to_string(pass.rows)).cell(std::to_string(pass.depth));
    table.cell(pass.seconds_min * 1e3, is_tsv ? 4 : 3);
    table.cell(pass.seconds_median * 1e3, is_tsv ? 4 : 3);
    table.cell(pass.tokens_per_second, is_tsv ? 2 : 1);
    table.cell(pass.bytes_per_second / 1e9, is_tsv ? 2 : 1);
    if (has_shares) {
      const auto shares = scoring::shares_of(pass.work, pass.seconds_median, results.limits.back());
      table.cell(shares.bandwidth * 100.0, 1).cell(scaled(shares.operations, 100.0), 1);
    }
    table.end_row();
  }
  return table.text();
}

void add_part(Table& table, const PassTime& pass, const std::string& name, double seconds,
              std::optional<double> least, std::optional<double> most) {
  const double share = pass.breakdown->seconds > 0.0 ? seconds / pass.breakdown->seconds : 0.0;
  table.cell(std::to_string(pass.rows)).cell(std::to_string(pass.depth)).cell(name);
  table.cell(seconds * 1e3, 4).cell(share * 100.0, 1);
  table.cell(scaled(least, 1e3), 4).cell(scaled(most, 1e3), 4).end_row();
}

std::string profile_table(const PassTime& pass, bool is_tsv) {
  Table table(is_tsv, {6, 7, 18, 11, 8, 11, 11});
  table.cell("rows").cell("depth").cell("part").cell(is_tsv ? "ms" : "mean ms");
  table.cell(is_tsv ? "percent" : "%").cell(is_tsv ? "min_ms" : "least ms");
  table.cell(is_tsv ? "max_ms" : "most ms").end_row();
  const PassBreakdown& breakdown = *pass.breakdown;
  for (const PartTime& part : breakdown.parts)
    add_part(table, pass, std::string(models::pass_part_name(part.part)), part.seconds,
             part.seconds_min, part.seconds_max);
  add_part(table, pass, "rest", breakdown.rest_seconds, {}, {});
  add_part(table, pass, "pass", breakdown.seconds, {}, {});
  if (breakdown.greedy_seconds > 0.0 || breakdown.draw_seconds > 0.0) {
    add_part(table, pass, "beside: greedy", breakdown.greedy_seconds, {}, {});
    add_part(table, pass, "beside: draw", breakdown.draw_seconds, {}, {});
  }
  return table.text();
}

cli::Record limit_record(const ThreadLimits& limit) {
  cli::Record record("limit");
  record.add("threads", limit.threads).add("read_bytes_per_second", limit.read_bytes_per_second);
  for (const ActivationForm form : kForms)
    if (const std::optional<double> peak = limit.peak(form))
      record.add(std::string(scoring::peak_name(form)) + "_operations_per_second", *peak);
  return record;
}

cli::Record pass_record(const PassTime& pass, const BenchResults& results) {
  cli::Record record("pass");
  record.add("rows", pass.rows)
      .add("depth", pass.depth)
      .add("repeat", results.repeat)
      .add("seconds_min", pass.seconds_min)
      .add("seconds_median", pass.seconds_median)
      .add("tokens_per_second", pass.tokens_per_second)
      .add("bytes_per_second", pass.bytes_per_second)
      .add("weight_bytes", static_cast<std::int64_t>(pass.work.weight_bytes))
      .add("cache_bytes", static_cast<std::int64_t>(pass.work.cache_bytes));
  for (const ActivationForm form : kForms)
    if (pass.work.operations[form] > 0)
      record.add(std::string(scoring::peak_name(form)) + "_operations", pass.work.operations[form]);
  if (results.limits.empty()) return record;
  const auto shares = scoring::shares_of(pass.work, pass.seconds_median, results.limits.back());
  record.add("bandwidth_share", shares.bandwidth);
  if (shares.operations) record.add("peak_share", *shares.operations);
  return record;
}

cli::Record profile_record(const PassTime& pass) {
  const PassBreakdown& breakdown = *pass.breakdown;
  std::vector<cli::Record> parts;
  for (const PartTime& part : breakdown.parts)
    parts.push_back(cli::Record()
                        .add("part", models::pass_part_name(part.part))
                        .add("seconds", part.seconds)
                        .add("seconds_min", part.seconds_min)
                        .add("seconds_max", part.seconds_max));
  return cli::Record("profile")
      .add("rows", pass.rows)
      .add("depth", pass.depth)
      .add("seconds", breakdown.seconds)
      .add("parts", std::span<const cli::Record>(parts))
      .add("rest_seconds", breakdown.rest_seconds)
      .add("greedy_seconds", breakdown.greedy_seconds)
      .add("draw_seconds", breakdown.draw_seconds);
}

}  // namespace

std::string bench_tables(const BenchResults& results, bool is_tsv) {
  std::string text;
  const auto add = [&](const std::string& table) { text += (text.empty() ? "" : "\n") + table; };
  if (!results.limits.empty()) add(limits_table(results.limits, is_tsv));
  if (!results.passes.empty()) add(passes_table(results, is_tsv));
  for (const PassTime& pass : results.passes)
    if (pass.breakdown) add(profile_table(pass, is_tsv));
  return text;
}

void write_bench_records(cli::Context& context, const BenchResults& results) {
  for (const ThreadLimits& limit : results.limits) context.write(limit_record(limit));
  for (const PassTime& pass : results.passes) {
    context.write(pass_record(pass, results));
    if (pass.breakdown) context.write(profile_record(pass));
  }
}

}  // namespace tenon::model_tool

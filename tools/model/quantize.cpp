#include <cstdio>

#include "base/error.h"
#include "conversion/pack_gguf.h"
#include "conversion/quantize_gguf.h"
#include "formats/language_model_file.h"
#include "run.h"

namespace tenon::model_tool {

namespace {

using conversion::TensorReport;
using conversion::TypeReason;

std::optional<DType> dtype_or_none(const std::string& name) {
  return name.empty() ? std::nullopt : find_dtype(name);
}

// "ffn_down=Q6_K"
conversion::TypeRule parse_rule(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const auto dtype =
      equals == std::string::npos ? std::nullopt : find_dtype(text.substr(equals + 1));
  if (!dtype || equals == 0)
    throw Error(ErrorKind::Usage, "--tensor-type: " + quoted(text) + " is not PART=TYPE")
        .hint("--tensor-type ffn_down=Q6_K stores every tensor with ffn_down in its name as Q6_K");
  return {.part = text.substr(0, equals), .dtype = *dtype};
}

std::optional<conversion::QuantizeOptions> options_of(const QuantizeSettings& settings) {
  if (settings.type.empty() && !settings.packs())
    throw Error(ErrorKind::Usage, "quantize needs --type")
        .hint("--type Q8_0 loses little, Q4_K half as many bits");
  const bool has_types = !settings.output_type.empty() || !settings.embedding_type.empty() ||
                         !settings.tensor_types.empty() || settings.is_pure;
  if (settings.type.empty() && has_types)
    throw Error(ErrorKind::Usage, "without --type every tensor keeps its type")
        .hint("add --type, or leave the options that give types out");
  if (settings.type.empty()) return std::nullopt;
  if (settings.is_pure && !settings.output_type.empty())
    throw Error(ErrorKind::Usage, "--pure and --output-type contradict each other");
  conversion::QuantizeOptions options;
  options.dtype = *find_dtype(settings.type);
  options.output_dtype = dtype_or_none(settings.output_type);
  options.embedding_dtype = dtype_or_none(settings.embedding_type);
  options.is_pure = settings.is_pure;
  for (const std::string& rule : settings.tensor_types) options.rules.push_back(parse_rule(rule));
  return options;
}

cli::Record record_of(const TensorReport& report) {
  return cli::Record("quantized")
      .add("tensor", report.plan.name)
      .add("from", dtype_name(report.plan.from))
      .add("to", dtype_name(report.plan.to))
      .add("reason", conversion::type_reason_name(report.plan.reason))
      .add("elements", report.elements)
      .add("source_bytes", report.source_bytes)
      .add("bytes", report.bytes)
      .add("rms_error", report.rms_error)
      .add("relative_rms_error", report.relative_rms_error)
      .add("max_error", report.max_error);
}

std::string line_of(const TensorReport& report) {
  char line[256];
  std::snprintf(line, sizeof line, "%-32s %-7s %-7s %12.2e %12.2e  %s\n", report.plan.name.c_str(),
                std::string(dtype_name(report.plan.from)).c_str(),
                std::string(dtype_name(report.plan.to)).c_str(), report.relative_rms_error,
                report.max_error,
                std::string(conversion::type_reason_name(report.plan.reason)).c_str());
  return line;
}

}  // namespace

namespace {

formats::GgufFile open_input(const QuantizeSettings& settings) {
  // A model that could not be opened again is refused before it is packed.
  if (settings.packs()) formats::LanguageModelFile::open(settings.input).config();
  return formats::GgufFile::open(settings.input);
}

}  // namespace

int run_quantize(cli::Context& context, const QuantizeSettings& settings) {
  const auto options = options_of(settings);
  const bool is_text = context.common().format == "text";
  if (settings.output == "-" && context.common().output == "-")
    throw Error(ErrorKind::Usage, "the file and its report cannot both go to standard output")
        .hint("--output report.txt sends the report to a file");
  const auto file = open_input(settings);
  Team team(static_cast<int>(context.common().threads));

  const auto progress =
      context.progress("tensors", static_cast<std::int64_t>(file.tensors().size()));
  std::int64_t finished = 0;
  std::uint64_t bytes = 0, source_bytes = 0, file_bytes = 0;
  std::string table;
  cli::Output& target = context.open_output(settings.output, true);
  const auto write = [&](std::span<const std::byte> part) {
    context.check_interrupt();
    file_bytes += part.size();
    target.write({reinterpret_cast<const char*>(part.data()), part.size()});
  };
  const auto done = [&](const TensorReport& report) {
    bytes += report.bytes;
    source_bytes += report.source_bytes;
    progress->set(++finished);
    if (is_text)
      table += line_of(report);
    else
      context.write(record_of(report));
  };
  if (settings.packs())
    conversion::pack_gguf(file, options, kernels::select_kernels(context.common().kernels), write,
                          team, done);
  else
    conversion::quantize_gguf(file, *options, write, team, done);

  if (is_text) {
    char head[256], tail[256];
    std::snprintf(head, sizeof head, "%-32s %-7s %-7s %12s %12s  %s\n", "tensor", "from", "to",
                  "rel. rms", "max error", "reason");
    std::snprintf(tail, sizeof tail, "%.1f MiB became %.1f MiB\n",
                  static_cast<double>(source_bytes) / 0x1p20, static_cast<double>(bytes) / 0x1p20);
    context.output().write(head + table + tail);
  } else {
    context.write_summary(cli::Record()
                              .add("tensors", finished)
                              .add("source_bytes", source_bytes)
                              .add("bytes", bytes)
                              .add("layout", settings.layout)
                              .add("file_bytes", file_bytes));
  }
  return cli::kExitDone;
}

}  // namespace tenon::model_tool

#include <cstdio>

#include "conversion/compare_tensors.h"
#include "formats/open_weights.h"
#include "run.h"

namespace tenon::model_tool {

namespace {

using conversion::TensorComparison;
using conversion::TensorDifference;

// What does not hold of a tensor; empty where all does.
std::string violation(const cli::Context& context, const CompareSettings& settings,
                      const TensorDifference& tensor) {
  char text[96];
  if (tensor.unmatched_nan > 0) return "NaN on one side only";
  if (context.was_given("max-difference") && !(tensor.max_difference <= settings.max_difference)) {
    std::snprintf(text, sizeof text, "differs by %.3g, the limit is %.3g", tensor.max_difference,
                  settings.max_difference);
    return text;
  }
  if (context.was_given("max-rms") && !(tensor.rms_difference <= settings.max_rms)) {
    std::snprintf(text, sizeof text, "differs by %.3g rms, the limit is %.3g",
                  tensor.rms_difference, settings.max_rms);
    return text;
  }
  return {};
}

cli::Record record_of(const TensorDifference& tensor) {
  return cli::Record("difference")
      .add("tensor", tensor.name)
      .add("first_dtype", dtype_name(tensor.first_dtype))
      .add("second_dtype", dtype_name(tensor.second_dtype))
      .add("elements", tensor.elements)
      .add("differing", tensor.differing)
      .add("max_difference", tensor.max_difference)
      .add("rms_difference", tensor.rms_difference)
      .add("relative_rms_difference", tensor.relative_rms_difference)
      .add("worst_index", tensor.worst_index)
      .add("unmatched_nan", tensor.unmatched_nan);
}

std::vector<cli::Record> records_of(const TensorComparison& comparison) {
  std::vector<cli::Record> records;
  const auto missing = [&](const std::vector<std::string>& names, const char* side) {
    for (const std::string& name : names)
      records.push_back(cli::Record("missing").add("tensor", name).add("only_in", side));
  };
  missing(comparison.only_in_first, "first");
  missing(comparison.only_in_second, "second");
  for (const auto& shape : comparison.shapes)
    records.push_back(cli::Record("shape_mismatch")
                          .add("tensor", shape.name)
                          .add("first", shape.first.to_string())
                          .add("second", shape.second.to_string()));
  for (const TensorDifference& tensor : comparison.tensors) records.push_back(record_of(tensor));
  return records;
}

std::string text_of(const TensorComparison& comparison) {
  char line[256];
  std::snprintf(line, sizeof line, "%-32s %-7s %-7s %12s %12s\n", "tensor", "first", "second",
                "max", "rms");
  std::string text = line;
  for (const TensorDifference& tensor : comparison.tensors) {
    std::snprintf(line, sizeof line, "%-32s %-7s %-7s %12.3e %12.3e\n", tensor.name.c_str(),
                  std::string(dtype_name(tensor.first_dtype)).c_str(),
                  std::string(dtype_name(tensor.second_dtype)).c_str(), tensor.max_difference,
                  tensor.rms_difference);
    text += line;
  }
  for (const std::string& name : comparison.only_in_first) text += name + " only in the first\n";
  for (const std::string& name : comparison.only_in_second) text += name + " only in the second\n";
  for (const auto& shape : comparison.shapes)
    text += shape.name + " has shape " + shape.first.to_string() + " in the first and " +
            shape.second.to_string() + " in the second\n";
  return text;
}

}  // namespace

int run_compare(cli::Context& context, const CompareSettings& settings) {
  const formats::OpenedWeights first = formats::open_weights(settings.first);
  const formats::OpenedWeights second = formats::open_weights(settings.second);
  Team team(static_cast<int>(context.common().threads));
  const TensorComparison comparison =
      conversion::compare_tensors(*first.weights, *second.weights, team);

  std::int64_t violations =
      static_cast<std::int64_t>(comparison.only_in_first.size() + comparison.only_in_second.size() +
                                comparison.shapes.size());
  if (violations > 0)
    context.note(0, std::to_string(violations) + " tensors are missing or of another shape");
  for (const TensorDifference& tensor : comparison.tensors) {
    const std::string words = violation(context, settings, tensor);
    if (words.empty()) continue;
    ++violations;
    context.note(0, tensor.name + " " + words);
  }

  const std::vector<cli::Record> records = records_of(comparison);
  if (context.common().format == "text") {
    context.output().write(text_of(comparison));
  } else if (context.common().format == "json") {
    context.write(cli::Record("comparison")
                      .add("equal", comparison.is_equal())
                      .add("violations", violations)
                      .add("records", std::span<const cli::Record>(records)));
  } else {
    for (const cli::Record& record : records) context.write(record);
    context.write_summary(
        cli::Record().add("equal", comparison.is_equal()).add("violations", violations));
  }
  return violations > 0 ? cli::kExitRequirement : cli::kExitDone;
}

}  // namespace tenon::model_tool

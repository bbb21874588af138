#include "models/weight_table.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <unordered_set>

#include "base/error.h"

namespace tenon::models {

WeightLoader::WeightLoader(const WeightSource& source, const SizeTable& sizes,
                           std::array<bool, 4> is_needed)
    : source_(source), sizes_(sizes), is_needed_(is_needed) {}

std::string WeightLoader::stored_name(std::string_view pattern, std::int64_t layer) {
  std::string name(pattern);
  const std::size_t at = name.find("{}");
  if (at != std::string::npos) name.replace(at, 2, std::to_string(layer));
  return name;
}

std::optional<TensorView> WeightLoader::find(std::string_view name, const std::string& stored,
                                             Size rows, Size columns, Need need) {
  const std::optional<TensorView> view = source_.find(stored);
  if (!view) {
    if (!is_needed_[static_cast<std::size_t>(need)]) return std::nullopt;
    throw Error(ErrorKind::Input,
                "the tensor " + stored + " (" + std::string(name) + ") is missing")
        .at(source_.origin())
        .hint("the file is cut short, or is of another kind of model than it says");
  }
  const std::int64_t column_count = sizes_[static_cast<std::size_t>(columns)];
  const Shape expected = rows == Size::One
                             ? Shape{column_count}
                             : Shape{sizes_[static_cast<std::size_t>(rows)], column_count};
  if (!(view->shape == expected))
    throw Error(ErrorKind::Input, "the tensor " + stored + " (" + std::string(name) +
                                      ") has shape " + view->shape.to_string() + ", not " +
                                      expected.to_string())
        .at(source_.origin())
        .hint("shapes are [outputs, inputs] as the model's settings in the file give them");
  used_.push_back(stored);
  parameters_ += expected.elements();
  return view;
}

void WeightLoader::fill_vector(const TensorView& view, Vector& target) {
  target = Vector(static_cast<std::size_t>(view.shape.elements()));
  view.dequantize_row(0, target.span());
}

void WeightLoader::add_matrix(const TensorView& view, const std::string& name, Matrix& target) {
  jobs_.push_back({view, name, &target});
}

void WeightLoader::prepare(const kernels::Kernels& kernels, kernels::Precision precision,
                           bool may_repack, Team& team) {
  std::ranges::stable_sort(jobs_, std::greater{}, [](const Job& job) { return job.view.bytes(); });
  // Tensors differ in size a hundredfold: whoever is free takes the next. Each is prepared by
  // itself, so who did it leaves no trace.
  std::atomic<std::size_t> next{0};
  team.run([&](Worker&) {
    for (std::size_t i = next++; i < jobs_.size(); i = next++) {
      try {
        *jobs_[i].target = kernels.prepare_weight(jobs_[i].view, precision, may_repack);
      } catch (Error& error) {
        throw Error(error.kind(), "the tensor " + jobs_[i].name + ": " + error.message())
            .at(source_.origin())
            .hint(error.hint());
      }
    }
  });
  jobs_.clear();
}

void WeightLoader::refuse_unused(std::string_view architecture,
                                 std::span<const std::string_view> ignored) const {
  const std::unordered_set<std::string_view> used(used_.begin(), used_.end());
  for (const std::string& name : source_.names()) {
    const auto is_ending = [&](std::string_view ending) { return name.ends_with(ending); };
    if (used.contains(name) || std::ranges::any_of(ignored, is_ending)) continue;
    throw Error(ErrorKind::Unsupported, "the tensor " + quoted(name) +
                                            " has no place in a model of the " +
                                            std::string(architecture) + " family")
        .at(source_.origin())
        .hint(
            "this is a variant that is not supported; without the tensor its output would be "
            "wrong");
  }
}

}  // namespace tenon::models
